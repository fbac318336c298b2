"""What the image costs, measured beside what was there before."""
