"""The egress tunnel, as values and over sockets of this machine."""
