"""What the benchmarks of the link need: simulation, rivals, the training of the text codec."""
