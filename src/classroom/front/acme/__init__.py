"""Get the lab's certificate from an authority (ACME), and explain what goes wrong."""
