"""How soon somebody is out after they may no longer be in."""
