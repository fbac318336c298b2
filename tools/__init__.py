"""What `make` runs on the host: standard library only, because nothing is installed yet."""
