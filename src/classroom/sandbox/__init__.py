"""Confine processes: to kinds of sockets (seccomp), and to paths in the file system (Landlock)."""
