"""Open WebSockets and requests: who has them, what they may cost, what pages are told."""
