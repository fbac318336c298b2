"""The egress lock: nothing leaves the container except where the tutor allowed it."""
