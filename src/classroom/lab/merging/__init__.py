"""Merge what people type with what programs write: pure functions, no I/O."""
