"""Participants and their locations, by the page's own socket; and revoking access."""
