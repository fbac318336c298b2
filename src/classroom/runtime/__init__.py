"""Code that every process of the container uses: paths, files, the log, capabilities."""
