"""The lab server, and the configuration that it starts with."""
