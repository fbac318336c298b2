"""Patches of JupyterHub, and a check that JupyterHub is as we expect."""
