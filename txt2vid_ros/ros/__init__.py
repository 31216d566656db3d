"""What the nodes share: QoS profiles, parameters, stamps, messages."""
