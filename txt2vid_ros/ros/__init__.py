"""What nodes are made of: the base class, parameters, QoS, messages, inputs, outputs."""
