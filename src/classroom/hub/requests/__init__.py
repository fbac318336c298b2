"""Decide which requests the Hub answers, so that scripts in lab pages can't use it."""
