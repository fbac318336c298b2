"""Measure how many people can work in one notebook."""
