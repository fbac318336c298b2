"""Kill the lab server, or all of the container, while two type: what anybody saw must be there."""
