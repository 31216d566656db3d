"""What runs on the machines of a Ray cluster; Ray Serve starts it, and nothing here imports it."""
