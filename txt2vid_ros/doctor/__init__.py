"""What a machine has and lacks to run the talking head, one check a function."""
