"""Kill the lab server or the container while two people type: words that others saw must stay."""
