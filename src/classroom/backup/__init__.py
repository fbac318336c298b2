"""Backups: everything on the volume in one archive, to keep elsewhere or to move with.

A backup is a gzip-compressed tar archive. Names of members are relative to the volume's root. The
first member says that it is a backup of this lab, the last that the archive is complete.
"""
