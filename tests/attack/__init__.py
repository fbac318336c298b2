"""Attacks: each does what somebody would who wants in, up or out, and gets nothing by it."""
