"""Text to stamped speech. Knows nothing of ROS."""
