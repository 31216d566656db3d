"""Parts of nodes that would be too long in one file; no nodes by themselves."""
