"""A picture that is shown again is not coded again: the stream says that it stays."""
