"""What pages, documents and kernels send, as plain values: no I/O, no JupyterLab."""
