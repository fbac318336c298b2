"""Export notebooks: the request, the processes that convert, and what runs in them."""
