"""Open WebSockets and requests: who has them, what they may cost, what the lab tells pages."""
