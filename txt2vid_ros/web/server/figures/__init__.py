"""What is told of the graph and of the server: health, metrics, counts of errors."""
