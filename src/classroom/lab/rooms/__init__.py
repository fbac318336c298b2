"""Rooms: the documents that people edit together, and the participants' awareness."""
