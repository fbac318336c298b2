"""Copies that people give each other by links: each lab's part."""
