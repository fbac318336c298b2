"""What we change of JupyterHub, and a check that it is as we expect."""
