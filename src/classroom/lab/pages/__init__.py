"""The security headers of pages, and the frame in which outputs run."""
