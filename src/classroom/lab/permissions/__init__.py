"""People's permissions: view-only, tutors, and the rule for each handler."""
