"""Decide who may be in the lab: the allowlist, changes to it while the Hub runs, and tutors."""
