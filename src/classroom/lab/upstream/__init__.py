"""What is changed in upstream's packages, and a check that they are as expected."""
