"""A parameter of other nodes of the graph, kept at a value also where one of them starts again."""

from __future__ import annotations

from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.client import Client
from rclpy.node import Node
from txt2vid_ros.ros import messages, qos


class RemoteParameter:
    """Sets a text parameter of some nodes, each once it is there, and again where it restarts."""

    def __init__(self, node: Node, others: tuple[str, ...], name: str) -> None:
        """Follow `others`, by their names in the namespace of `node`; call from start()."""
        self._node, self._name = node, name
        self._value = ''
        self._clients: dict[str, Client] = {
            other: node.create_client(SetParameters, f'{other}/set_parameters')
            for other in others}
        self._set: dict[str, tuple[str, str]] = {}
        """Of each node: its process and the value that it was given."""
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, qos.TEXT)

    def set(self, value: str) -> None:  # noqa: A003
        """Give all of them this value, each as soon as it works."""
        self._value = value

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        if not self._value:
            return
        for told in messages.from_diagnostics(message, self._node.get_namespace()):
            wanted = (told.values.get('pid', ''), self._value)
            client = self._clients.get(told.node)
            if (client is None or self._set.get(told.node) == wanted
                    or told.values.get('state') != 'active' or not client.service_is_ready()):
                continue
            self._set[told.node] = wanted
            client.call_async(SetParameters.Request(parameters=[Parameter(
                name=self._name, value=ParameterValue(
                    type=ParameterType.PARAMETER_STRING, string_value=self._value))])
            ).add_done_callback(lambda done, name=told.node: self._on_set(name, done))

    def _on_set(self, name: str, done: Any) -> None:
        answer = done.result()
        for result in answer.results if answer is not None else ():
            if not result.successful:
                self._node.get_logger().warning(
                    f'{name} does not take {self._name}: {result.reason}')
