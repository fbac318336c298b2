"""Opening the lab: this image beside the old recipe, both measured in one run."""
