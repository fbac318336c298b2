"""What runs in the Hub."""
