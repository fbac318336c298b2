"""Assignments: handed out to students, handed in by them, collected in nbgrader's layout."""
