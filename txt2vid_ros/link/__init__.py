"""The text link: codec, framing, delivery, transport and clock offset. Knows nothing of ROS."""
