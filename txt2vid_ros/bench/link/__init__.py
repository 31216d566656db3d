"""What the benchmarks of the link need: simulation, other links, training of the codec."""
