"""Links to copies: a person who opens one gets a copy of a file or folder."""
