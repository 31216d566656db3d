"""Makes an inner tensor of an ONNX model an output of it, without the onnx package."""


def with_output(model: bytes, tensor: str) -> bytes:
    """
    Return a serialized ONNX model that also outputs one of its inner tensors.

    Serialized protobuf messages that are joined end to end merge, so that appending a graph which
    has nothing but one output adds this output (ONNX ModelProto.graph is field 7,
    GraphProto.output field 12, ValueInfoProto.name field 1).
    """
    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    return model + field(7, field(12, field(1, tensor.encode())))
