"""Open WebSockets and requests: their users, their limits, and notices to pages."""
