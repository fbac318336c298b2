"""What keeps the container's parts running, each for itself: front, proxy, Hub, lab, launcher."""
