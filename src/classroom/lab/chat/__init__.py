"""The chat: which messages are valid, and who may write them."""
