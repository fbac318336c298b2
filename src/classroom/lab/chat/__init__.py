"""The chat: what a message may be, and who may write it."""
