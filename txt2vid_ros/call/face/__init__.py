"""The face on a card: how it is made of one's own picture or clip, and taken from a stranger."""
