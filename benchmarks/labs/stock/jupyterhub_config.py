"""Stock JupyterHub with personal labs: no containers, no isolation, stock collaboration.

`SimpleLocalProcessSpawner` is JupyterHub's own spawner for trials. No other spawner costs less: all
labs are processes of one user.
"""

from __future__ import annotations

import os

from traitlets.config import get_config

c = get_config()

c.JupyterHub.bind_url = "https://:8443"
c.JupyterHub.ssl_cert = "/srv/ssl.crt"
c.JupyterHub.ssl_key = "/srv/ssl.key"
# By default a person's lab starts when they sign in, before the benchmark can measure its start.
c.JupyterHub.default_url = "/hub/home"

c.JupyterHub.spawner_class = "simple"
c.Spawner.args = ["--allow-root", "--LabApp.collaborative=True"]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 300

c.JupyterHub.authenticator_class = "shared-password"
c.Authenticator.allow_all = True
c.SharedPasswordAuthenticator.user_password = os.environ["CLASSROOM_PASSPHRASE"]
