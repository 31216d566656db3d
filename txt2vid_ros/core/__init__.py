"""What every room uses: errors, the clock, child processes, files, names. Knows no other room."""
