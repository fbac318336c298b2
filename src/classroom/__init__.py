"""Collaborative JupyterLab: one shared lab for a class, in one container."""
