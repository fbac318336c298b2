"""Attacks: as a student, as the lab itself, as nobody, and from a page."""
