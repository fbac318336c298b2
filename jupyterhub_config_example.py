# Copy this file to jupyterhub_config.py, and replace each text between < and > by your own values.
# The file is an ordinary JupyterHub configuration: every c.… of JupyterHub and OAuthenticator works.
# docs/operate/configuration.md explains the other settings.

# GitHub names of the people who may enter, in upper or lower case. When you save this file, added
# people can sign in and removed people are signed out within three seconds.
USERS = ["<a student's GitHub name>", "<another's>"]

# Tutors: they also administrate, at /hub/admin. You need not repeat them in USERS.
TUTORS = ["<your GitHub name>"]

c.Authenticator.allowed_users = USERS
c.Authenticator.admin_users = TUTORS

# Read the students' names from a file beside this one: one name in a line, or a table (CSV) with a
# column "github".
# c.Classroom.students_file = "students.txt"

# Members of these GitHub organizations may enter as well.
# c.GitHubOAuthenticator.allowed_organizations = ["my-school"]
# c.GitHubOAuthenticator.scope = ["read:org"]  # to see private memberships

# The OAuth app: create one at https://github.com/settings/applications/new with exactly this callback
# URL, then copy its client id and a client secret. You can also give these three values in the
# environment (GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, OAUTH_CALLBACK_URL), and the secret in
# secrets/github_client_secret.
c.GitHubOAuthenticator.oauth_callback_url = "https://<your host>:8443/hub/oauth_callback"
c.GitHubOAuthenticator.client_id = ""
c.GitHubOAuthenticator.client_secret = ""

# Students' code reaches nothing outside the lab. Allow hosts by name, on port 443, for all students:
# c.Classroom.egress_allow = ["data.example.org", "*.example.net"]
# Allow other ports of other hosts, by TCP: a database, a Dask scheduler.
# c.Classroom.egress_services = ["db.example.org:5432", "dask.example.org:8786"]
# Allow private networks: for a GitHub Enterprise server, an allowed host, a service or a proxy in one.
# c.Classroom.egress_private = ["10.1.2.0/24"]
# The proxy of your network through which all connections to the internet go. Its user and password
# go into secrets/upstream_proxy, as user:password.
# c.Classroom.upstream_proxy = "http://proxy.example.org:3128"

# A certificate that the lab gets and renews by itself: make up PORT=443 HTTP_PORT=80.
# c.Classroom.acme = {"host": "lab.example.org", "email": "you@example.org"}
# Without port 80, if the authority offers dns-persist-01: the lab shows a TXT record for your DNS.
# c.Classroom.acme = {"host": "lab.example.org", "email": "you@example.org", "challenge": "dns"}
# From another authority than Let's Encrypt:
# c.Classroom.acme_directory = "https://ca.example.org/acme/directory"
# c.Classroom.acme_authorities = "secrets/ca.crt"

# Web servers in front of the lab. The lab trusts the people's addresses that they send:
# c.Classroom.trusted_proxies = ["172.17.0.1"]
# c.Classroom.proxy_protocol = True
# They connect by plain http; nobody else can connect then:
# c.Classroom.proxy_http = True

# Hosts from which people's pages may load libraries and pictures of interactive outputs:
# c.Classroom.page_hosts = ["cdn.jsdelivr.net"]

# Show initials in a colour instead of people's GitHub pictures:
# c.Classroom.avatars = False

# Turn the chat off:
# c.Classroom.chat = False

# What students' code may use; the defaults depend on the container's memory:
# c.Classroom.memory_limit = "12G"
# c.Classroom.kernel_memory_limit = "2G"
# c.Classroom.max_kernels = 60
# c.Classroom.max_processes = 2000
# c.Classroom.idle_kernel_timeout = "4h"
# c.Classroom.disk_reserve = "1G"

# Give each person a lab of their own, besides the class's. Two settings below limit how many labs run
# at the same time, and stop idle labs:
# c.Classroom.personal_labs = True
# Labs for a part of the class: its people, organizations and teams. The members of a group may enter
# each other's own labs:
# c.Classroom.rooms = {"algebra": ["ada", "my-school:team-a"], "lecture": {"edit": ["ada"], "view": ["my-school"]}}
# c.Classroom.groups = {"team-a": ["ada", "grace"]}
# c.Classroom.max_labs = 30
# c.Classroom.idle_lab_timeout = "30 min"

# Modules that the lab imports before kernels start, so that kernels start at once; False: no modules.
# c.Classroom.preload = ["numpy", "pandas", "matplotlib.pyplot"]

# Time between snapshots of the lab's files (make snapshots):
# c.Classroom.snapshot_interval = "10 min"

# The notebook that each person's page opens once: a file beside this one, or False for none.
# c.Classroom.welcome = "welcome.ipynb"

# The language of JupyterLab, of the sign-in pages and of the lab's sentences: "en", "de" or "fr".
# c.Classroom.language = "de"

# The class's name, on the sign-in page:
# c.Classroom.name = "Algebra, 2nd year"

# The person whom people without access should ask. Empty: the page shows the tutors' names.
# c.Classroom.contact = "Mona (mona@example.org)"
