"""A client that uses nothing of ours; it tells on its output what it asks and what is answered."""

from __future__ import annotations

import itertools
import sys

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.duration import Duration
from std_msgs.msg import String

PERIOD = 0.2


def live(namespace: str, names: list[str]) -> None:
    """Send texts, each as long as its number, ask the nodes something and hear their reports."""
    rclpy.init()
    node = rclpy.create_node('plain_client', namespace=namespace)
    texts = node.create_publisher(String, 'text', 10)
    clients = {name: node.create_client(GetParameters, f'{name}/get_parameters')
               for name in names}
    numbers = itertools.count(10)

    def ask() -> None:
        number = next(numbers)
        texts.publish(String(data='x' * number))
        print('text', number, flush=True)
        for name, client in clients.items():
            if client.service_is_ready():
                answer = client.call_async(GetParameters.Request(names=['autostart']))
                answer.add_done_callback(
                    lambda _, name=name: print('answer', name, number, flush=True))
            print('ask', name, number, flush=True)

    def hear(message: DiagnosticArray) -> None:
        for status in message.status:
            pid = next((value.value for value in status.values if value.key == 'pid'), '')
            print('pid', status.name.rpartition(' ')[2], pid, flush=True)

    node.create_subscription(DiagnosticArray, '/diagnostics', hear, 10)
    node.create_timer(PERIOD, ask)
    rclpy.spin(node)


def visit(namespace: str, number: int) -> None:
    """Join, send a text as long as `number` once somebody listens, and leave."""
    rclpy.init()
    node = rclpy.create_node('visitor', namespace=namespace)
    texts = node.create_publisher(String, 'text', 10)
    while not texts.get_subscription_count():
        rclpy.spin_once(node, timeout_sec=0.02)
    texts.publish(String(data='y' * number))
    texts.wait_for_all_acked(Duration(seconds=5))
    node.destroy_node()
    rclpy.shutdown()


if __name__ == '__main__':
    if sys.argv[1] == 'live':
        live(sys.argv[2], sys.argv[3:])
    else:
        for each in range(int(sys.argv[3]), int(sys.argv[4])):
            visit(sys.argv[2], each)
