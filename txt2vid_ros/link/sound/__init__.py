"""Sound over the link: Opus packets, which are sent once, and what the path bears of them."""
