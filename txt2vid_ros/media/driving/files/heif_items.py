"""The items of a HEIF file (ISO/IEC 23008-12): pictures, their tiles and properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import dataclasses
import struct

Property = tuple[bytes, bytes]
"""The name of a box and its content."""

_CONTAINERS = {b'meta': 4, b'iprp': 0, b'ipco': 0}
_IN_FILE, _IN_ITEM_DATA = 0, 1


@dataclasses.dataclass(frozen=True)
class HeifItem:
    """
    One item: its type, such as hvc1 or grid, its data, its properties in their order.

    `parts`: the ids of the items that it is made of.
    """

    kind: bytes
    data: bytes
    properties: tuple[Property, ...]
    parts: tuple[int, ...]

    def content_of(self, name: bytes) -> bytes:
        """Return the content of the first property of that name. Raises KeyError."""
        for own, body in self.properties:
            if own == name:
                return body
        raise KeyError(name.decode())


def heif_items(data: bytes) -> tuple[int, Mapping[int, HeifItem]]:
    """
    Return the id of the picture to show, and all items by id.

    Raises ValueError, KeyError, IndexError or struct.error where the file is damaged.
    """
    meta = dict(boxes(data))[b'meta'][4:]
    found = dict(boxes(meta))
    wide = found[b'pitm'][0] > 0
    primary = int.from_bytes(found[b'pitm'][4:8 if wide else 6], 'big')
    kinds = dict(_kinds(found[b'iinf']))
    properties = dict(boxes(found[b'iprp']))
    listed = list(boxes(properties[b'ipco']))
    owned = dict(_associations(properties[b'ipma']))
    places = dict(_places(found[b'iloc']))
    parts = dict(_references(found.get(b'iref', b'\0\0\0\0')))

    taken = 0

    def content(item: int) -> bytes:
        nonlocal taken
        source, extents = places.get(item, (_IN_FILE, []))
        where = {_IN_FILE: data, _IN_ITEM_DATA: found.get(b'idat', b'')}[source]
        if any(start + length > len(where) for start, length in extents):
            raise ValueError('data lies beyond the end')
        taken += sum(length for _, length in extents)
        if taken > 2 * len(data):
            # Nobody stores the same bytes for many items but to have them copied.
            raise ValueError('items overlap')
        return b''.join(where[start:start + length] for start, length in extents)

    return primary, {item: HeifItem(
        kind, content(item), tuple(listed[index - 1] for index in owned.get(item, []) if index),
        parts.get(item, ())) for item, kind in kinds.items()}


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and the content of each box (ISO/IEC 14496-12)."""
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from('>I4s', data, at)
        head = 8
        if length == 1:
            length, head = struct.unpack_from('>Q', data, at + 8)[0], 16
        elif length == 0:
            length = len(data) - at
        if length < head:
            raise ValueError(f'box {name!r} of {length} bytes')
        yield name, data[at + head:at + length]
        at += length


def _kinds(iinf: bytes) -> Iterator[tuple[int, bytes]]:
    for name, body in boxes(iinf[8 if iinf[0] else 6:]):
        if name == b'infe' and body[0] in (2, 3):
            size = 2 if body[0] == 2 else 4
            yield int.from_bytes(body[4:4 + size], 'big'), body[6 + size:10 + size]


def _associations(ipma: bytes) -> Iterator[tuple[int, list[int]]]:
    """Yield for each item the numbers of its properties, counted from 1."""
    version, wide = ipma[0], ipma[3] & 1
    reader = _Reader(ipma, 4)
    for _ in range(reader.number(4)):
        item = reader.number(2 if version == 0 else 4)
        mask = 0x7fff if wide else 0x7f
        yield item, [reader.number(2 if wide else 1) & mask for _ in range(reader.number(1))]


def _places(iloc: bytes) -> Iterator[tuple[int, tuple[int, list[tuple[int, int]]]]]:
    """Yield for each item where its data is: in which source, from which byte, how many."""
    version, sizes = iloc[0], iloc[4:6]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version else 0
    reader = _Reader(iloc, 6)
    for _ in range(reader.number(4 if version == 2 else 2)):
        item = reader.number(4 if version == 2 else 2)
        source = reader.number(2) & 15 if version else _IN_FILE
        reader.number(2)
        base = reader.number(base_size)
        extents = []
        for _ in range(reader.number(2)):
            reader.number(index_size)
            start = base + reader.number(offset_size)
            extents.append((start, reader.number(length_size)))
        yield item, (source, extents)


def _references(iref: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield for each derived picture the items that it is made of."""
    size = 2 if iref[0] == 0 else 4
    for name, body in boxes(iref[4:]):
        if name == b'dimg':
            reader = _Reader(body, 0)
            item = reader.number(size)
            yield item, tuple(reader.number(size) for _ in range(reader.number(2)))


class _Reader:
    """Reads big-endian numbers one after another."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def number(self, size: int) -> int:
        """Return the next number of `size` bytes. Raises ValueError at the end."""
        if self._at + size > len(self._data):
            raise ValueError('a box ends too early')
        self._at += size
        return int.from_bytes(self._data[self._at - size:self._at], 'big')
