"""Keep the container's parts running independently: front, proxy, Hub, lab, launcher."""
