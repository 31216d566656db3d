"""Pictures in the form in which an encoder takes them."""
