"""Patches of upstream's packages, and a check that the packages are as expected."""
