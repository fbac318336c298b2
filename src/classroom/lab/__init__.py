"""What runs in the lab server, and what it is told."""
