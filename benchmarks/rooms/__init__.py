"""How many people fit into one notebook."""
