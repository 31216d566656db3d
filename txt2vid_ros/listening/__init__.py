"""Sound to text: voice activity, endpointing, recognition. Knows nothing of ROS."""
