"""The server extensions that the lab is made of: upstream's names for them."""

EXTENSIONS = (
    "jupyter_server_fileid",
    "jupyter_server_terminals",
    "jupyter_server_ydoc",
    "jupyterlab",
    "jupyterlab_chat",
    "classroom.lab.extension",
    "jupyter_lsp",
)
