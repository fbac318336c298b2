"""Run the Hub: ``python -m classroom.hub``, with the options of ``jupyterhub``."""

from classroom.hub.application import ClassroomHub

if __name__ == "__main__":
    ClassroomHub.launch_instance()
