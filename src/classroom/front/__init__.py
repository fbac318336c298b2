"""nginx, the only process that listens: its configuration, host names and certificate."""
