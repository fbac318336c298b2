"""Attacks from each place where an attacker may be: every attempt must fail."""
