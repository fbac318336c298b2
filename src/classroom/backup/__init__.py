"""Backups: everything on the volume in one archive, to keep elsewhere or to move with.

A gzip-compressed tar archive with names from the volume's root on. The first member says what it
is, the last that it is whole.
"""
