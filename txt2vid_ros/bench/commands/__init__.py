"""The benchmarks of `txt2vid bench`, one a file."""
