"""Run the Hub: ``python -m classroom.hub``, with the options of ``jupyterhub``."""

from classroom.hub.application import JupyterHub

if __name__ == "__main__":
    JupyterHub.launch_instance()
