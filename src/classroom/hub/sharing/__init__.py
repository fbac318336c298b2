"""Labs that their owners share: with whom, as what, until when."""
