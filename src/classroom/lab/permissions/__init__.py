"""Who may do what: view-only, the rule for each handler, tutors."""
