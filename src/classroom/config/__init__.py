"""Read the tutor's jupyterhub_config.py into one frozen `Settings`."""
