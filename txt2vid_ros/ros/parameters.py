"""The tables of core.parameters as ROS parameters of a node."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
import dataclasses
from pathlib import Path
from typing import Any, Generic, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.options import OptionTables
from txt2vid_ros.core.parameters import (
    checked,
    choices_text,
    FILE,
    FLOAT,
    INT,
    nearest,
    parameter,
    ParameterSpec,
    range_text,
    specs,
    TEXTS,
)
from txt2vid_ros.ros.written_parameters import as_written

__all__ = ['Declared', 'declare', 'follow', 'parameter', 'put_back', 'value_of']

Table = TypeVar('Table')
# Parameters that ROS itself adds to a node, and that of ManagedNode.
OF_ROS = ('use_sim_time', 'start_type_description_service', 'autostart')
OF_ROS_PREFIXES = ('qos_overrides.', 'diagnostic_updater.')
READ_ONCE = 'is read when the node is configured'


@dataclasses.dataclass(frozen=True)
class Declared(Generic[Table]):
    """What a node was started with."""

    table: Table
    options: Mapping[str, Any]
    """Options of providers by full name, 'google.pitch'; only those that have been set."""
    specs: Mapping[str, ParameterSpec] = dataclasses.field(default_factory=dict)
    """All parameters and options that are declared."""


def declare(node: Node, table: type[Table],
            options_of: Callable[[Table], OptionTables] = lambda table: OptionTables()
            ) -> Declared[Table]:
    """
    Declare the fields of `table` and the options of the providers that it names.

    `options_of` gets what the node was started with. A parameter that the node does not have is a
    warning: a launch file may set it for every node. Raises UserError for a value that does not
    fit.
    """
    where = f'{node.get_name()}.{{}}'
    own = specs(table)
    given = _given(node)
    values = {name: checked(where.format(name), spec, as_written(node, spec, name, given[name]))
              for name, spec in own.items() if name in given}
    made = table(**values)
    for name, value in values.items():
        if own[name].type is TEXTS and isinstance(given[name], str) and len(value) > 1:
            node.get_logger().warning(f'{where.format(name)} is a list: write '
                                      f'[{", ".join(value)}] instead of one text')
    tables = options_of(made)
    others = tables.specs
    old = {*tables.texts, *tables.renamed}
    strange = [name for name in given
               if name not in own and name not in old and not tables.covers(name)]
    options, warnings = tables.check(
        {name: as_written(node, others.get(name), name, value) for name, value in given.items()
         if name not in own and name not in strange}, where)
    for name in strange:
        near = nearest(name, [*own, *others])
        hint = f'. Did you mean {near!r}?' if near else ''
        warnings.append(f'{node.get_name()} has no parameter {name!r}; it is ignored{hint}')
    for line in warnings:
        node.get_logger().warning(line)
    declared = {**own, **others}
    for name, spec in declared.items():
        _declare(node, name, spec, {**options, **values}.get(name, spec.default))
    return Declared(made, options, declared)


def follow(node: Node, current: Callable[[], Declared[Any]],
           changed: Callable[[Declared[Any]], None],
           unconfigured: Callable[[], bool] = lambda: False, *,
           options_of: Callable[[Any], OptionTables] = lambda table: OptionTables(),
           options_by: Collection[str] = (),
           check: Callable[[Declared[Any]], None] = lambda declared: None) -> None:
    """
    Let parameters change while the node runs; `changed` gets what is set then.

    Live ones change at any time, the others while the node is `unconfigured`. To set what is set
    already is no fault: `ros2 param load` sets all that a node has. The options of a provider that
    is chosen, by one of the parameters `options_by`, are declared, and those of one that is not
    used any more go. `check` may raise UserError, with which the change is refused.
    """
    def decide(parameters: list[Parameter]) -> SetParametersResult:
        before = current()
        try:
            after = _changed(node, before, parameters, unconfigured())
            if after == before:
                return SetParametersResult(successful=True)
            if after.options != before.options or any(
                    value_of(after, name) != value_of(before, name) for name in options_by):
                after = _checked_together(node, after, options_of(after.table))
            check(after)
        except UserError as error:
            return SetParametersResult(successful=False, reason=str(error))
        for name in before.specs.keys() - after.specs.keys():
            node.undeclare_parameter(name)
        for name in after.specs.keys() - before.specs.keys():
            spec = after.specs[name]
            _declare(node, name, spec, after.options.get(name, spec.default))
        changed(after)
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(decide)


def put_back(node: Node, name: str, spec: ParameterSpec, value: Any) -> None:
    """Set a parameter to what is in use."""
    if value is None:
        # ROS cannot take a value away from a parameter that has a type.
        node.undeclare_parameter(name)
        _declare(node, name, spec, value)
    else:
        node.set_parameters([Parameter(name, value=_ros_value(spec, value))])


def _changed(node: Node, declared: Declared[Any], parameters: list[Parameter], unconfigured: bool
             ) -> Declared[Any]:
    """Return what is declared with other values. Raises UserError where one is not taken."""
    table, options = dict[str, Any](), dict(declared.options)
    for each in parameters:
        spec = declared.specs.get(each.name)
        if spec is None:
            continue
        value = checked(f'{node.get_name()}.{each.name}', spec, each.value)
        if value == value_of(declared, each.name):
            continue
        if not spec.live and not unconfigured:
            raise UserError(f'{each.name} {READ_ONCE}: start it with this value, or deactivate it '
                            'and clean it up first (ros2 lifecycle set)')
        (table if hasattr(declared.table, each.name) else options)[each.name] = value
    return dataclasses.replace(
        declared, table=dataclasses.replace(declared.table, **table), options=options)


def value_of(declared: Declared[Any], name: str) -> Any:
    """Return the present value of a parameter or an option."""
    if hasattr(declared.table, name):
        return getattr(declared.table, name)
    return declared.options.get(name, declared.specs[name].default)


def _checked_together(node: Node, declared: Declared[Any], tables: OptionTables) -> Declared[Any]:
    """
    Return what is declared with the options of the providers that are in use now.

    Those of one that has just been chosen are as the node was started with, or as they were last.
    Raises UserError where values do not fit together.
    """
    known, given = tables.specs, _given(node)
    options = {**{name: as_written(node, known[name], name, given[name]) for name in known
                  if name in given and name not in declared.specs}, **declared.options}
    checked_ones, _ = tables.check({name: value for name, value in options.items()
                                    if name in known}, f'{node.get_name()}.{{}}')
    return dataclasses.replace(declared, options={**options, **checked_ones},
                               specs={**specs(type(declared.table)), **known})


def _given(node: Node) -> dict[str, Any]:
    """Return what the node was started with, without what is ROS' own."""
    return {name: override.value for name, override in node._parameter_overrides.items()
            if name not in OF_ROS and not name.startswith(OF_ROS_PREFIXES)}


def _declare(node: Node, name: str, spec: ParameterSpec, value: Any) -> None:
    node.declare_parameter(name, _ros_value(spec, value), _descriptor(spec), ignore_override=True)


def _ros_value(spec: ParameterSpec, value: Any) -> Any:
    if spec.type is FILE:
        return '' if value in (None, Path()) else str(value)
    if value is None:
        # An unset list of numbers: declared by type, without a value.
        return Parameter.Type.INTEGER_ARRAY
    return list(value) if isinstance(value, tuple) else value


def _descriptor(spec: ParameterSpec) -> ParameterDescriptor:
    # `ros2 param set speed 2` sends a whole number, which is accepted too; to ROS an empty list
    # is one of bytes.
    descriptor = ParameterDescriptor(description=spec.description,
                                     dynamic_typing=spec.live and spec.type in (FLOAT, TEXTS))
    low, high = spec.minimum, spec.maximum
    # ROS's ranges have two ends.
    limits = choices_text(spec) if spec.choices else (
        range_text(spec) if low is None or high is None else '')
    descriptor.additional_constraints = '; '.join(
        filter(None, (limits, '' if spec.live else READ_ONCE)))
    if low is None or high is None:
        return descriptor
    if spec.type is FLOAT:
        descriptor.floating_point_range = [FloatingPointRange(
            from_value=float(low), to_value=float(high))]
    elif spec.type is INT:
        descriptor.integer_range = [IntegerRange(
            from_value=int(low), to_value=int(high), step=1)]
    return descriptor
