"""The journal of documents: a write-ahead log and one SQLite database."""
