"""Snapshots: copies of the class's files outside the live documents, to go back to.

A small root process of its own makes and reads them with restic. It reads the class's files
whoever owns them and writes only below its own directory, which nobody else can enter; it never
writes a file of the class's. Restoring is the lab server's (`classroom.lab.snapshots.restore`).
"""
