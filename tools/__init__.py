"""Programs that `make` runs on the host: standard library only, as nothing is installed yet."""
