"""What nodes share that send or receive the face."""
