"""Measure what the image costs, compared with the earlier recipe."""
