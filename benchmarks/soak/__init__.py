"""Let a class type for a long time while a program kills random processes that serve it."""
