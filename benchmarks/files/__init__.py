"""A class that types while programs rewrite, move and delete its files, and the lab is killed."""
