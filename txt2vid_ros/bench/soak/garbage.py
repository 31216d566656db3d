"""Garbage on every topic of a graph: bytes that are no message, and messages without sense."""

from __future__ import annotations

import array
import importlib
import math
import random
import time
from typing import Any

from txt2vid_ros.bench.soak.log import SoakLog

TEXTS = ('', '\0', '\ufffd' * 3, '#', '~', '../..', '\u202e', '.' * 5000, '{"a":', '-1#-1~')
"""Hostile, but without a word that would be spoken."""
FLOATS = (math.nan, math.inf, -math.inf, 1e300, -1e300, 0.0, -1.0)
ROUNDS = 3
PAUSE = 0.05
"""Seconds between two messages."""
LATCHED = {
    'audio_info': 'a format that cannot be decoded is believed: listeners are deaf until the '
                  'publisher of the sound states its own again, once nobody else publishes sound',
    'stream/url': 'an address is believed until stream states its own again, for up to a second'}
"""Topics, by the end of their names, that are spared, as the rest of the test would be silent."""
MATCHING_SECONDS = 2.0
"""For which a new publisher waits for who listens."""
DEEPEST = 4
"""Messages within messages."""


def throw_garbage(namespace: str, log: SoakLog) -> dict[str, Any]:
    """Publish garbage on every topic under a namespace; return how many topics and messages."""
    from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
    from txt2vid_ros.ros.side.side_node import SideNode
    chance = random.Random(log.since_begin())
    # Every reader takes what is reliable and latched, whatever it asks for.
    profile = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE,
                         durability=DurabilityPolicy.TRANSIENT_LOCAL)
    sent = 0
    with SideNode('garbage', namespace) as side:
        time.sleep(MATCHING_SECONDS)
        topics = {name: types[0] for name, types in side.node.get_topic_names_and_types()
                  if name.startswith(namespace + '/') and '/msg/' in types[0]
                  and not name.endswith('/transition_event')}
        for end, why in LATCHED.items():
            for name in [name for name in topics if name.endswith(end)]:
                del topics[name]
                log.add('not_injected', name=f'garbage on {name.removeprefix(namespace)}', why=why)
        publishers = [(_type(kind), side.node.create_publisher(_type(kind), name, profile))
                      for name, kind in sorted(topics.items())]
        time.sleep(MATCHING_SECONDS)
        for _ in range(ROUNDS):
            for kind, publisher in publishers:
                sent += _sent(publisher, b'\0\1\0\0' + chance.randbytes(chance.randrange(0, 60)))
                sent += _sent(publisher, nonsense(kind, chance))
                time.sleep(PAUSE)
    return {'topics': len(topics), 'messages': sent}


def _sent(publisher: Any, message: Any) -> bool:
    """Publish a message; return whether the middleware took it: some bytes it does not."""
    from rclpy.impl.implementation_singleton import rclpy_implementation
    try:
        publisher.publish(message)
    except rclpy_implementation.RCLError:
        return False
    return True


def _type(name: str) -> Any:
    """Return the class of a type such as std_msgs/msg/String."""
    package, _, kind = name.partition('/msg/')
    return getattr(importlib.import_module(f'{package}.msg'), kind)


def nonsense(kind: Any, chance: random.Random, depth: int = 0) -> Any:
    """Return a message of a type whose every field has a value that makes no sense."""
    message = kind()
    for name, form in zip(message.get_fields_and_field_types(), kind.SLOT_TYPES, strict=True):
        value = _value(form, chance, depth)
        if value is not None:
            setattr(message, name, value)
    return message


def _value(form: Any, chance: random.Random, depth: int) -> Any:
    """Return a value of a field; None to leave it as it is."""
    kind = type(form).__name__
    if kind == 'UnboundedString':
        return chance.choice(TEXTS)
    if kind == 'BasicType':
        return _number(form.typename, chance)
    if kind == 'NamespacedType' and depth < DEEPEST:
        inner = getattr(importlib.import_module('.'.join(form.namespaces)), form.name)
        return nonsense(inner, chance, depth + 1)
    if kind == 'UnboundedSequence':
        element = form.value_type
        if type(element).__name__ == 'BasicType' and element.typename == 'uint8':
            return array.array('B', chance.randbytes(chance.randrange(0, 7)))
        values = [_value(element, chance, depth + 1) for _ in range(chance.randrange(0, 4))]
        return None if None in values else values
    return None


def _number(name: str, chance: random.Random) -> Any:
    if name == 'boolean':
        return chance.random() < 0.5
    if name in ('float', 'double'):
        value = chance.choice(FLOATS)
        # A field of single precision takes no larger one.
        return value if name == 'double' or not 1e30 < abs(value) < math.inf else 0.0
    if name == 'octet':
        return bytes([chance.randrange(256)])
    bits = int(''.join(each for each in name if each.isdecimal()) or 0)
    if not bits:
        return None
    low, high = -2 ** (bits - 1), 2 ** (bits - 1) - 1
    if name.startswith('u'):
        low, high = 0, 2 ** bits - 1
    return chance.choice((low, high, 0, 1))
