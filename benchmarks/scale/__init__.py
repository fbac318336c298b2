"""Measure what a class costs a machine, and how many classes fit on one machine."""
