"""Kernels, sessions and terminals; the outputs of a run in its live document."""
