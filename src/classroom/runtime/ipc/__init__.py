"""Requests over unix sockets; each end knows the user of the other end (SO_PEERCRED)."""
