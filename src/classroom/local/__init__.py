"""HTTP between our own processes over unix sockets: who asks, the kernel says."""
