"""The class's folder: every path is opened beneath it, and held while it is used."""
