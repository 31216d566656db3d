"""The timeline, sources and sinks of picture and sound. Knows nothing of ROS."""
