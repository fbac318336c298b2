"""Run the Hub: ``python -m classroom.hub``, with the options of ``jupyterhub``."""

from classroom.hub.upstream import schema_revision
from classroom.runtime import stand_ins

if __name__ == "__main__":
    # isoduration: a format of JSON schemas newer than those of the Hub's events.
    with stand_ins.left_out((*schema_revision.ALEMBIC, ("isoduration", None))):
        from classroom.hub.application import JupyterHub
    JupyterHub.launch_instance()
