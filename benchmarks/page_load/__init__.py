"""Measure opening the lab with this image and with the old recipe, in one run."""
