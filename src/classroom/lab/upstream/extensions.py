"""List the server extensions that the lab loads, by upstream's names."""

EXTENSIONS = (
    "jupyter_server_fileid",
    "jupyter_server_terminals",
    "jupyter_server_ydoc",
    "jupyterlab",
    "jupyterlab_chat",
    "classroom.lab.extension",
    "jupyter_lsp",
)
