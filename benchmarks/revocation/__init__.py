"""Measure how soon people are disconnected after their access ends."""
