"""What the nodes ask of the middleware: how others hear that they come and go, and by what way."""
