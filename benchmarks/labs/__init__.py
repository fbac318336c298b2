"""Measure personal labs beside a class, ours and stock JupyterHub's."""
