"""Node parameters as one typed table: a frozen dataclass whose fields carry their descriptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
import difflib
import math
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from txt2vid_ros.core.errors import UserError

Table = TypeVar('Table')
# Parameters that ROS itself adds to a node.
OF_ROS = ('use_sim_time', 'start_type_description_service')
OF_ROS_PREFIX = 'qos_overrides.'


def parameter(default: Any, description: str, *, minimum: float | None = None,
              maximum: float | None = None, choices: Sequence[str] = (),
              live: bool = False) -> Any:
    """Return a dataclass field that is a ROS parameter; `live` ones can change while it runs."""
    return dataclasses.field(default=default, metadata={
        'description': description, 'minimum': minimum, 'maximum': maximum,
        'choices': tuple(choices), 'live': live})


def declare(node: Node, table: type[Table]) -> Table:
    """Declare every field of `table` on the node and return the values that it was started with.

    Raises UserError for a value of the wrong kind or out of range, and for a parameter that the
    node does not have.
    """
    fields = {field.name: field for field in dataclasses.fields(table)}  # type: ignore[arg-type]
    given = node._parameter_overrides
    for name in given:
        if name not in fields and name not in OF_ROS and not name.startswith(OF_ROS_PREFIX):
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f'Did you mean {near[0]!r}? ' if near else ''
            raise UserError(f'{node.get_name()} has no parameter {name!r}',
                            f'{hint}It has: {", ".join(sorted(fields))}.')
    values = {name: checked(node.get_name(), field, given[name].value if name in given
                            else field.default)
              for name, field in fields.items()}
    for name, field in fields.items():
        node.declare_parameter(name, field.default, _descriptor(field), ignore_override=True)
        if name in given:
            node.set_parameters([Parameter(name, value=values[name])])
    return table(**values)


def follow(node: Node, current: Callable[[], Any], changed: Callable[[Any], None]) -> None:
    """Let live parameters change while the node runs; `changed` gets the new table."""
    fields = {field.name: field for field in dataclasses.fields(current())}

    def decide(parameters: list[Parameter]) -> SetParametersResult:
        updates: dict[str, Any] = {}
        for each in parameters:
            field = fields.get(each.name)
            if field is None:
                continue
            if not field.metadata['live']:
                return SetParametersResult(
                    successful=False, reason=f'{each.name} is read at the start only: '
                    'start the node again with another value')
            try:
                updates[each.name] = checked(node.get_name(), field, each.value)
            except UserError as error:
                return SetParametersResult(successful=False, reason=str(error))
        if updates:
            changed(dataclasses.replace(current(), **updates))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(decide)


def checked(node: str, field: dataclasses.Field[Any], value: Any) -> Any:
    """Return the value in the field's type. Raises UserError where it does not fit."""
    kind = type(field.default)
    name = f'{node}.{field.name}'
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if kind is str and isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if kind is list and not isinstance(value, (str, bytes)) and hasattr(value, '__iter__'):
        value = list(value)
    if type(value) is not kind:
        raise UserError(f'{name} is {value!r}', f'It has to be {_KINDS[kind]}.')
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f'{name} is {value!r}', 'It has to be a finite number.')
    low, high = field.metadata['minimum'], field.metadata['maximum']
    if (low is not None and value < low) or (high is not None and value > high):
        raise UserError(f'{name} is {value!r}', f'It has to be {_range(low, high)}.')
    choices = field.metadata['choices']
    if choices and value not in choices:
        raise UserError(f'{name} is {value!r}', f'It has to be one of {", ".join(choices)}.')
    return value


_KINDS = {float: 'a number', int: 'a whole number', bool: 'true or false', str: 'a text',
          list: 'a list of texts'}


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f'at most {high}'
    return f'at least {low}' if high is None else f'from {low} to {high}'


def _descriptor(field: dataclasses.Field[Any]) -> ParameterDescriptor:
    meta = field.metadata
    descriptor = ParameterDescriptor(description=meta['description'], dynamic_typing=True)
    if meta['choices']:
        descriptor.additional_constraints = 'one of ' + ', '.join(meta['choices'])
    if meta['minimum'] is not None and meta['maximum'] is not None:
        if type(field.default) is float:
            descriptor.floating_point_range = [FloatingPointRange(
                from_value=float(meta['minimum']), to_value=float(meta['maximum']))]
        else:
            descriptor.integer_range = [IntegerRange(
                from_value=int(meta['minimum']), to_value=int(meta['maximum']), step=1)]
    return descriptor
