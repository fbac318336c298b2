"""A class that types for a long time while everything around it is killed at random."""
