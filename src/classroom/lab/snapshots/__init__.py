"""Snapshots in the lab: listing, previews, restores into open documents."""
