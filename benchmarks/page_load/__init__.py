"""Measure how the lab opens with this image and with the old recipe, in one run."""
