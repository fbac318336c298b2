"""Measure the time, CPU and memory of kernels: warm, cold, and as in stock Jupyter."""
