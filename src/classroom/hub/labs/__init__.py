"""Labs besides the class's: their owners, and how the Hub has them started and stopped."""
