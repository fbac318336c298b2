"""Rooms: the documents that people edit together, and the awareness of who is there."""
