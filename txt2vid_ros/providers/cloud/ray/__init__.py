"""Voices and recognizers on the machines of a Ray cluster; nothing of Ray is needed here."""
