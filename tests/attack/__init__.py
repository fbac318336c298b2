"""Attacks on the running image: by students, by nobody, by a page, by the lab server itself."""
