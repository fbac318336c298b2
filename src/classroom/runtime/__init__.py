"""What every process of the container uses: paths, files, the log, rights."""
