"""Measure what whole pages cost the lab: their sockets, and the HTTP requests that they send."""
