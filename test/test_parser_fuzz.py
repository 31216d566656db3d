"""
Whatever bytes come from outside, a parser says what is wrong with them, and nothing else happens.

The number of inputs grows with TXT2VID_FUZZ_INPUTS; tools/fuzz.py lets coverage guide them.
"""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st
from parser_fuzzing import FuzzTarget, TARGETS
import pytest

EXAMPLES = int(os.environ.get('TXT2VID_FUZZ_INPUTS', '100'))


@st.composite
def inputs(draw: st.DrawFn, target: FuzzTarget) -> bytes:
    """Return what is well formed, damaged: some of it changed, cut out, repeated or foreign."""
    data = bytearray(draw(st.sampled_from(target.seeds)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.sampled_from((0, 1, 1, 2, 4, 4, 8, 40))))
        data[at:end] = draw(st.one_of(
            st.binary(max_size=8), st.sampled_from(target.seeds),
            st.sampled_from((b'\xff' * 4, b'\0' * 4, b'\x7f\xff\xff\xff', b'2001-99-99', b'- [',
                             b'"', b'\r\n', b'*x', b'{', b'1e999', b'\xed\xa0\x80'))))
    return bytes(data)


@pytest.mark.parametrize('name', TARGETS)
def test_any_bytes_are_taken_or_refused_in_words(name: str) -> None:
    target = TARGETS[name]
    for seed in target.seeds:
        target.check(seed)

    @settings(max_examples=EXAMPLES)
    @given(inputs(target) | st.binary(max_size=300))
    def attack(data: bytes) -> None:
        target.check(data)

    attack()
