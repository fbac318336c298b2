"""Requests over unix sockets whose other end is known by its user (SO_PEERCRED)."""
