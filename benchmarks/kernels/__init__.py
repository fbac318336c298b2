"""Kernels that start warm, cold, and as in stock Jupyter: how soon, how much CPU and memory."""
