"""What attackers try, from where they are: each attempt must come to nothing."""
