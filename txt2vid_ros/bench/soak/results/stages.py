"""Which figures of the nodes' diagnostics a soak test keeps, by what its report calls them."""

from __future__ import annotations

from collections.abc import Mapping

LATENCIES: Mapping[str, str] = {
    'text to voice': 'tts.text_to_voice_ms_p95',
    'text to sound sent': 'stream.text_to_sound_ms_p95',
    'lead of the voice': 'tts.lead_ms',
    'sound to lipsync': 'lipsync.sound_delay_ms_p95',
    'making a picture': 'lipsync.render_ms_p95',
    'picture to stream': 'stream.picture_delay_ms_p95',
    'written late': 'stream.write_lateness_ms_p95',
    'sent after its time': 'stream.packet_lateness_ms_p95'}
"""Milliseconds; percentiles of the last values of each."""
OFFSET = 'stream.av_offset_ms_p95'
"""What stream itself measures, with no clap in the sound."""
LATE: Mapping[str, str] = {
    'repeated by stream': 'stream.repeated', 'skipped by stream': 'stream.skipped',
    'left out by stream': 'stream.left_out', 'skipped by lipsync': 'lipsync.drops'}
"""Counts since the start of each node."""
MOUTH_EVERY = 'lipsync.mouth_every'
"""How many pictures there are to each that is rendered; those between are blended."""
KEPT = frozenset((*LATENCIES.values(), OFFSET, MOUTH_EVERY, *LATE.values()))
"""Each as NODE.KEY of /diagnostics."""
