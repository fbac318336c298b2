"""What a process may do: kinds of sockets (seccomp) and places in the file system (Landlock)."""
