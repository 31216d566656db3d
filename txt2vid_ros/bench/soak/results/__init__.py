"""What a soak test found: its figures, bars and report."""
