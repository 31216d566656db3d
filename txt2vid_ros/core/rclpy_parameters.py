"""The parameters that rclpy declares for every node, and the types that it wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import truth, whole

# What rclpy declares itself, by the last part of the name; all others of its own are texts.
_OF_RCLPY: Mapping[str, Callable[[str], bool | int]] = {
    'use_sim_time': truth, 'start_type_description_service': truth,
    'avoid_ros_namespace_conventions': truth, 'depth': whole, 'deadline': whole,
    'lifespan': whole, 'liveliness_lease_duration': whole}


def typed(name: str, value: str | Sequence[str]) -> bool | int | str | list[str]:
    """Return a parameter's value as ROS gets it: typed if rclpy itself declares the parameter.

    All others are texts, or lists of them: the node parses them by its table. Raises UserError.
    """
    if not isinstance(value, str):
        return list(value)
    last = name.rpartition('.')[2]
    if last not in _OF_RCLPY or (last != name and not name.startswith('qos_overrides.')):
        return value
    try:
        return _OF_RCLPY[last](value)
    except ValueError:
        wanted = 'true or false' if _OF_RCLPY[last] is truth else 'a whole number'
        raise UserError(f'{name} is {value!r}', f'It has to be {wanted}.') from None
