"""Small HTTP handlers: driving, people, usage, settings, health."""
