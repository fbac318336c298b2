"""Which requests the Hub answers, whatever script in a page has sent them."""
