"""From the tutor's jupyterhub_config.py to one frozen `Settings`."""
