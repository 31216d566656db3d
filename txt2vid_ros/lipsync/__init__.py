"""Lip-sync engines and what they share. Knows nothing of ROS."""
