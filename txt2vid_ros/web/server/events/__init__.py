"""What happens in the graph, told to pages, and what pages ask for."""
