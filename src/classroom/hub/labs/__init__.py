"""Labs of people's own: whose they are, and how the Hub has them started and stopped."""
