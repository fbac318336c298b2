"""Snapshots: copies of the class's files, which people can restore.

A small root process makes and reads them with restic. It reads the class's files of all owners, and
writes only below its own directory, which nobody else can enter; it never writes a file of the
class. The lab server restores files (`classroom.lab.snapshots.restore`).
"""
