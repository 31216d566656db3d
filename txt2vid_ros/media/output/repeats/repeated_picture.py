"""
The coded picture that shows the one before it again (ITU-T H.264).

A slice of type P in which all macroblocks are skipped: ten bytes. It is a reference as x264's own
pictures are, which therefore count on from it: their frame_num is moved on by as many as came in.
"""

from __future__ import annotations

import dataclasses

from txt2vid_ros.media.output.repeats.bits import BitReader, BitWriter

_BASELINE = 66
_SLICE, _IDR, _SPS, _PPS = 1, 5, 7, 8
_KIND = 0x1F
_P_ONLY = 5
"""The slice type that says that all slices of the picture are of type P."""
_MOST_NUMBER_BITS = 8
"""Of frame_num. With more of them a changed one might look like a start code with what follows."""
_HEAD_BYTES = 4
"""Bytes in which the number lies."""
_DELIMITER = b'\0\0\0\1\x09\xf0'
_REFERENCE_SLICE = b'\0\0\0\1\x41'


@dataclasses.dataclass(frozen=True)
class RepeatParameters:
    """What of a stream's parameter sets a repeated picture depends on."""

    number_bits: int
    """Bits of frame_num."""
    macroblocks: int
    picture_parameters: int
    """The number of the picture parameter set."""
    deblocking: bool
    """Whether slices say how they are deblocked."""

    @classmethod
    def read(cls, data: bytes) -> RepeatParameters | None:
        """
        Return those at the beginning of a key frame's bytes (Annex B).

        None where a repeated picture cannot be had in this way: with CABAC, with several reference
        pictures, with weights, with fields.
        """
        units = {unit[0] & _KIND: unit for unit in data.split(b'\0\0\1')[1:] if unit}
        if _SPS not in units or _PPS not in units:
            return None
        try:
            sequence = _sequence(BitReader(units[_SPS][1:]))
            picture = _picture(BitReader(units[_PPS][1:]))
        except ValueError:
            return None
        if sequence is None or picture is None:
            return None
        return cls(*sequence, *picture)

    def picture(self, number: int) -> bytes:
        """Return the coded bytes (Annex B) of the one whose frame_num is `number`."""
        bits = BitWriter()
        bits.ue(0)                              # first_mb_in_slice
        bits.ue(_P_ONLY)
        bits.ue(self.picture_parameters)
        bits.u(number % (1 << self.number_bits), self.number_bits)
        bits.u(0, 3)    # references as usual: their count, their order, which are kept
        bits.ue(0)                              # slice_qp_delta
        if self.deblocking:
            bits.ue(1)                          # none: nothing is new
        bits.ue(self.macroblocks)               # mb_skip_run
        return _DELIMITER + _REFERENCE_SLICE + bits.content()

    def moved_on(self, data: bytearray, begin: int, by: int) -> int | None:
        """
        Add `by` to the frame_num of a picture whose bytes (Annex B) begin at `begin` of `data`.

        Returns its frame_num then; None where there is no slice of a reference picture.
        """
        at = data.find(b'\0\0\1', begin)
        while at >= 0 and at + 3 < len(data) and data[at + 3] & _KIND != _SLICE:
            at = data.find(b'\0\0\1', at + 3)
        if at < 0:
            return None
        content = bytes(data[at + 4:at + 4 + _HEAD_BYTES])
        # The first byte of the content is never 0, nor are the bytes behind the number all 0: its
        # neighbours need no escape, whatever the number.
        head = BitReader(content)
        try:
            for _ in range(3):
                head.ue()
            number = (head.u(self.number_bits) + by) % (1 << self.number_bits)
        except ValueError:
            return None
        after = 8 * len(content) - head.place
        mask = ((1 << self.number_bits) - 1) << after
        value = int.from_bytes(content, 'big') & ~mask | number << after
        data[at + 4:at + 4 + len(content)] = value.to_bytes(len(content), 'big')
        return number


def _sequence(bits: BitReader) -> tuple[int, int] | None:
    """Return the bits of frame_num and the macroblocks of a picture."""
    profile = bits.u(8)
    bits.u(16)                                  # constraints, level
    bits.ue()                                   # its number
    if profile != _BASELINE:
        return None
    number_bits = bits.ue() + 4
    order = bits.ue()
    if order != 2 or number_bits > _MOST_NUMBER_BITS:
        return None
    references = bits.ue()
    bits.u(1)                                   # gaps
    macroblocks = (bits.ue() + 1) * (bits.ue() + 1)
    return (number_bits, macroblocks) if references == 1 and bits.u(1) else None


def _picture(bits: BitReader) -> tuple[int, bool] | None:
    """Return the number of the set, and whether slices say how they are deblocked."""
    number = bits.ue()
    bits.ue()                                   # of the sequence
    cabac, fields, groups = bits.u(1), bits.u(1), bits.ue()
    if cabac or fields or groups:
        return None
    bits.ue()
    bits.ue()                                   # references
    weights = bits.u(3)
    for _ in range(3):
        bits.ue()                               # quantizers
    deblocking = bool(bits.u(1))
    bits.u(1)                                   # intra prediction
    return None if weights or bits.u(1) else (number, deblocking)
