"""The configuration of the class algebra; jupyterhub_config_example.py explains more settings."""

USERS = ["ada", "grace"]

c.Authenticator.allowed_users = USERS
c.Authenticator.admin_users = ["mona"]
# The OAuth app's secret is in secrets/github_client_secret.
c.GitHubOAuthenticator.client_id = "Iv1.0123456789abcdef"
c.GitHubOAuthenticator.oauth_callback_url = "https://algebra.example.org/hub/oauth_callback"
