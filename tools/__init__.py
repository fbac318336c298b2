"""Programs that `make` runs on the host.

Those that ``python3`` runs need only the standard library, because nothing else is installed yet;
those that ``.venv/bin/python`` runs may need packages.
"""
