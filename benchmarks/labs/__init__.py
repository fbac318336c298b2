"""Labs of people's own beside a class, ours and stock JupyterHub's."""
