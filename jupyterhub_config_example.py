# Copy this file to jupyterhub_config.py and fill it in: it is an ordinary JupyterHub configuration,
# so every c.… of JupyterHub and OAuthenticator works. docs/operate/configuration.md explains the rest.

# Who may enter: GitHub user names; upper or lower case makes no difference. Saving this file is
# enough: within three seconds who was added can sign in, and who was removed is out.
USERS = ["octocat"]

# Who may also administrate, at /hub/admin; they need not be repeated in USERS.
TUTORS = ["mona"]

c.Authenticator.allowed_users = USERS
c.Authenticator.admin_users = TUTORS

# Whoever is in one of these GitHub organizations may enter as well.
# c.GitHubOAuthenticator.allowed_organizations = ["my-school"]
# c.GitHubOAuthenticator.scope = ["read:org"]  # to see private memberships

# The OAuth app: make one at https://github.com/settings/applications/new with exactly this
# callback URL, then copy its client id and a client secret. Instead of here, the three values may
# stand in the environment (GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, OAUTH_CALLBACK_URL), and the
# secret in secrets/github_client_secret.
c.GitHubOAuthenticator.oauth_callback_url = "https://lab.example.org:8443/hub/oauth_callback"
c.GitHubOAuthenticator.client_id = ""
c.GitHubOAuthenticator.client_secret = ""

# Students reach nothing outside the lab. Open hosts by name, on port 443, for all of them:
# c.Classroom.egress_allow = ["data.example.org", "*.example.net"]
# A GitHub Enterprise server, or a data host, on a private network:
# c.Classroom.egress_private = ["10.1.2.0/24"]

# Hosts that people's pages may load libraries and pictures of interactive outputs from:
# c.Classroom.page_hosts = ["cdn.jsdelivr.net"]

# Initials in a colour instead of the pictures that people have at GitHub:
# c.Classroom.avatars = False

# No chat beside the notebook:
# c.Classroom.chat = False

# What students' code may use; the defaults come from what the container has:
# c.Classroom.memory_limit = "12G"
# c.Classroom.kernel_memory_limit = "2G"
# c.Classroom.max_kernels = 60
# c.Classroom.max_processes = 2000
# c.Classroom.idle_kernel_timeout = 14400  # seconds
# c.Classroom.disk_reserve = "1G"

# Seconds between snapshots of the lab's files, which you can go back to (make snapshots):
# c.Classroom.snapshot_interval = 600

# Whom somebody who is not on the list should ask; empty: the tutors' names are shown.
# c.Classroom.contact = "Mona (mona@example.org)"
