"""Other ways to carry a conversation, measured: TCP, a ROS topic, and speech itself as Opus."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from typing import Any

import numpy as np
from txt2vid_ros.bench.link.conversation import Conversation
from txt2vid_ros.bench.link.live import ARRIVAL_TIMEOUT, timed

TCP_HEADER_BYTES = 20 + 32
"""Of IPv4 and of TCP with time stamps, as Linux sends them; an acknowledgement has no more."""
OPUS_FRAME_SECONDS = 0.06
OPUS_LOOK_AHEAD_SECONDS = 0.0065
RTP_HEADER_BYTES = 12 + 28
"""Of RTP, UDP and IPv4."""
TOPIC_PROBE = 'txt2vid_ros.bench.link.topic_probe'


def over_tcp(conversation: Conversation) -> dict[str, Any]:
    """Send UTF-8 lines over TCP, as the first txt2vid did; one segment and one ACK each."""
    arrived = threading.Semaphore(0)

    def serve(listening: socket.socket) -> None:
        connection = listening.accept()[0]
        with connection, connection.makefile('rb') as lines:
            for _ in lines:
                arrived.release()

    with socket.create_server(('127.0.0.1', 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        with socket.create_connection(listening.getsockname()[:2]) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            figures = timed(
                conversation, lambda text: connection.sendall(text.encode() + b'\n'), arrived)
        thread.join(ARRIVAL_TIMEOUT)
    payload = sum(len(text.encode()) + 1 for text in conversation.texts)
    bits = 8 * (payload + 2 * TCP_HEADER_BYTES * len(conversation.texts))
    return {'bits_per_char': 8 * payload / conversation.characters,
            'wire_bps': bits / conversation.seconds,
            'wire_bits_per_char': bits / conversation.characters, **figures,
            'wire_by': 'headers added up; a segment and an ACK an utterance'}


def over_topic(conversation: Conversation) -> dict[str, Any]:
    """Publish LiveSpeech between two network namespaces and count what the cable carries."""
    if importlib.util.find_spec('rclpy') is None:
        return {'not_measured': 'rclpy is not installed'}
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder, 'texts.json')
        texts.write_text(json.dumps(conversation.texts), 'utf-8')
        measured = subprocess.run([sys.executable, '-m', TOPIC_PROBE, 'measure', str(texts)],
                                  capture_output=True, text=True, check=False)
    if measured.returncode:
        return {'not_measured': ' '.join(measured.stderr.strip().splitlines()[-1:])}
    found: dict[str, Any] = json.loads(measured.stdout.splitlines()[-1])
    characters = found['characters']
    bits_per_char = 8 * found['bytes'] / characters
    speech_bps = bits_per_char * conversation.characters / conversation.seconds
    speech_cpu = found['cpu_per_utterance'] * len(conversation.texts) / conversation.seconds
    return {
        'wire_bps': found['idle_bps'] + speech_bps,
        # Of all its bytes: the message and what DDS adds cannot be told apart on the cable.
        'bits_per_char': bits_per_char, 'wire_bits_per_char': bits_per_char,
        'bytes_per_utterance': found['bytes'] / found['utterances'],
        'idle_bps': found['idle_bps'], 'discovery_bytes': found['discovery_bytes'],
        'first_byte_ms_p50': found['delay_ms_p50'], 'first_byte_ms_p95': found['delay_ms_p95'],
        'cpu_percent': 100 * (found['idle_cpu'] + speech_cpu),
        'wire_by': 'interface counters less Ethernet headers, Fast DDS, LiveSpeech, reliable',
    }


def as_opus(conversation: Conversation) -> dict[str, Any]:
    """Speak the conversation and encode it at 6 kbit/s with 60 ms frames."""
    if importlib.util.find_spec('hibari') is None or shutil.which('ffmpeg') is None:
        return {'not_measured': 'it needs hibari-tts and ffmpeg'}
    from txt2vid_ros.providers.tts.hibari import HibariVoice
    voice = HibariVoice()
    voice.load()
    rate = voice.capabilities.sample_rate
    spoken, characters = [], 0
    for text in conversation.texts:
        spoken += [chunk.samples for chunk in voice.synthesize(text, lambda: False)]
        characters += len(text)
    voice.close()
    samples = np.concatenate(spoken)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, 'speech.opus')
        before = os.times()
        subprocess.run(
            ['ffmpeg', '-loglevel', 'error', '-f', 'f32le', '-ar', str(rate), '-i', '-',
             '-c:a', 'libopus', '-b:a', '6k', '-application', 'voip',
             '-frame_duration', '60', str(out)],
            input=samples.astype('<f4').tobytes(), check=True)
        after = os.times()
        size = out.stat().st_size
    seconds = len(samples) / rate
    busy = after.children_user + after.children_system - (
        before.children_user + before.children_system)
    delay_ms = (OPUS_FRAME_SECONDS + OPUS_LOOK_AHEAD_SECONDS) * 1000
    bits = 8 * (size + RTP_HEADER_BYTES * seconds / OPUS_FRAME_SECONDS)
    return {
        'bits_per_char': 8 * size / characters, 'wire_bps': bits / seconds,
        'wire_bits_per_char': bits / characters,
        'first_byte_ms_p50': delay_ms,
        'first_byte_ms_p95': delay_ms,
        'cpu_percent': 100 * busy / seconds,
        'wire_by': 'encoded size, Ogg framing included, and RTP, UDP and IPv4 headers added up',
    }
