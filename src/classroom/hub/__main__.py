"""Run the Hub: ``python -m classroom.hub``, with the options of ``jupyterhub``."""

from classroom.runtime import stand_ins

if __name__ == "__main__":
    with stand_ins.left_out(stand_ins.NOT_FOR_THE_HUB):
        from classroom.hub.application import JupyterHub
    JupyterHub.launch_instance()
