"""Let a class type while programs rewrite, move and delete its files, and the lab is killed."""
