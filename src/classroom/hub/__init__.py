"""Code that runs in the Hub."""
