"""Measure the lab server's memory during an hour of a class."""
