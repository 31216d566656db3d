"""Messages beside the speech, such as the pieces of a card, and the one that goes last."""
