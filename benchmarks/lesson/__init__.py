"""An hour of a class: what the lab server keeps of all that came and went."""
