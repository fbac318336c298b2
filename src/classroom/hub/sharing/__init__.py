"""Labs that their owners share: with whom, with which role, and until when."""
