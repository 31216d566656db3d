"""Many talking heads on one machine, and what each of them takes."""
