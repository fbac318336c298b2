"""Start students' kernels and terminals as `student`, for the lab server, which can't do that."""
