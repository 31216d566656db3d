"""
Counts what LiveSpeech over Fast DDS costs on a cable between two network namespaces.

Run by `txt2vid bench link` as a process of its own, and by itself in the namespaces. Needs root.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
import subprocess
import sys
import threading
import time
from typing import Any

import numpy as np
from txt2vid_ros.bench.rig.machines import CABLE, ip, Machines
from txt2vid_ros.core.errors import UserError

MODULE = 'txt2vid_ros.bench.link.topic_probe'
ETHERNET_HEADER_BYTES = 14
PAUSE = 0.2
"""Seconds between two texts."""
IDLE_SECONDS = 8.0
"""For which the traffic without speech is counted."""
DISCOVERY_SECONDS = 5.0
"""For which the nodes may exchange what they need to match."""


def main() -> int:
    """Measure, publish or listen."""
    role = sys.argv[1]
    texts = [str(text) for text in json.loads(Path(sys.argv[2]).read_text('utf-8'))]
    if role == 'measure':
        try:
            print(json.dumps(measure(sys.argv[2], texts)))
        except UserError as error:
            raise SystemExit(str(error)) from None
        return 0
    speak(texts) if role == 'speak' else listen()
    return 0


def measure(path: str, texts: list[str]) -> dict[str, Any]:
    """Run both processes on two machines and read the counters in between."""
    with Machines() as machines:
        near, far = machines.names
        with _process(far, 'listen', path) as listener, _process(near, 'speak', path) as speaker:
            _expect(listener, 'ready')
            _expect(speaker, 'matched')
            time.sleep(DISCOVERY_SECONDS)
            discovered = _bytes(near)
            busy = _busy(speaker, listener)
            time.sleep(IDLE_SECONDS)
            idle = _bytes(near)
            idle_busy = _busy(speaker, listener) - busy
            begun = time.monotonic()
            _tell(speaker)
            _expect(speaker, 'said')
            time.sleep(1.0)
            span = time.monotonic() - begun
            used = _bytes(near) - idle
            speaking_busy = _busy(speaker, listener) - busy - idle_busy
            _tell(speaker)
            _tell(listener)
            assert listener.stdout is not None
            delays = json.loads(listener.stdout.readline())
        idle_rate = (idle - discovered) / IDLE_SECONDS
        idle_cpu = idle_busy / IDLE_SECONDS
        return {
            'utterances': len(texts), 'characters': sum(map(len, texts)),
            'bytes': max(0.0, used - idle_rate * span), 'idle_bps': 8 * idle_rate,
            'discovery_bytes': discovered, 'idle_cpu': idle_cpu,
            'cpu_per_utterance': max(0.0, speaking_busy - idle_cpu * span) / len(texts),
            'delay_ms_p50': float(np.median(delays) * 1000),
            'delay_ms_p95': float(np.percentile(delays, 95) * 1000),
        }


@contextlib.contextmanager
def _process(namespace: str, role: str, path: str) -> Any:
    with subprocess.Popen(
            [*Machines.within(namespace), sys.executable, '-m', MODULE, role, path],
            env={**os.environ, 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _expect(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    if process.stdout.readline().strip() != word:
        raise SystemExit(f'the ROS process did not say {word!r}')


def _tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write('go\n')
    process.stdin.flush()


def _bytes(namespace: str) -> int:
    """Return the bytes that the cable has carried both ways, from the IP header on."""
    stats = json.loads(ip('-n', namespace, '-s', '-j', 'link', 'show', CABLE))[0]['stats64']
    return sum(int(stats[way]['bytes']) - ETHERNET_HEADER_BYTES * int(stats[way]['packets'])
               for way in ('rx', 'tx'))


def _busy(*processes: subprocess.Popen[str]) -> float:
    """Return the processor seconds that the processes have used."""
    ticks = 0
    for process in processes:
        fields = Path(f'/proc/{process.pid}/stat').read_text('ascii').rpartition(')')[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf('SC_CLK_TCK')


def speak(texts: list[str]) -> None:
    """Publish the texts when told to, each with the time it was published as its stamp."""
    from hri_msgs.msg import LiveSpeech
    import rclpy
    from txt2vid_ros.ros import messages, qos
    rclpy.init()
    node = rclpy.create_node('probe_speaker')
    publisher = node.create_publisher(LiveSpeech, 'heard', qos.SPEECH)
    while not publisher.get_subscription_count():
        time.sleep(0.02)
    print('matched', flush=True)
    sys.stdin.readline()
    for text in texts:
        message = LiveSpeech(final=text, confidence=1.0, locale='en')
        message.header.frame_id = 'ann'
        message.header.stamp = messages.to_time(time.time_ns())
        publisher.publish(message)
        time.sleep(PAUSE)
    print('said', flush=True)
    sys.stdin.readline()


def listen() -> None:
    """Note the delay of each text; print all when told to."""
    from hri_msgs.msg import LiveSpeech
    import rclpy
    from txt2vid_ros.ros import messages, qos
    rclpy.init()
    node = rclpy.create_node('probe_listener')
    delays: list[float] = []
    node.create_subscription(
        LiveSpeech, 'heard', lambda message: delays.append(
            (time.time_ns() - messages.from_time(message.header.stamp)) / 1e9), qos.SPEECH)
    threading.Thread(target=rclpy.spin, args=(node,), daemon=True).start()
    print('ready', flush=True)
    sys.stdin.readline()
    print(json.dumps(delays), flush=True)


if __name__ == '__main__':
    raise SystemExit(main())
