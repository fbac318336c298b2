"""Links by which somebody gives a copy of a file or folder."""
