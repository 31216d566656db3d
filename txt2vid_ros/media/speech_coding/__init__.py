"""Speech as Opus packets for thin links, and back."""
