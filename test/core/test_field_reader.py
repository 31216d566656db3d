"""Fields are read from the front of any bytes; a room is told by its own error what is lacking."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from txt2vid_ros.call.fields import CardError, CardReader
from txt2vid_ros.core.decoding.field_reader import FieldReader
from txt2vid_ros.link.protocol.wire import BodyReader, FrameError


def test_fields_come_one_after_the_other() -> None:
    reader = FieldReader(b'\x07\x01\x00\xff\xfe\x85\x01\x02\xc3\xbcrest')
    assert (reader.byte(), reader.number(2), reader.number(2, signed=True)) == (7, 256, -2)
    assert (reader.varint(), reader.text(2), reader.left) == (133, 'ü', 4)
    assert (reader.rest(), reader.left) == (b'rest', 0)


@pytest.mark.parametrize(('data', 'read', 'says'), [
    (b'', lambda reader: reader.byte(), 'ends too early'),
    (b'\1\2', lambda reader: reader.number(3), 'ends too early'),
    (b'\4abc', lambda reader: reader.text(9), 'ends too early'),
    (b'\4abcd', lambda reader: reader.text(3), 'more than 3 bytes'),
    (b'\2\xc3(', lambda reader: reader.text(), 'no UTF-8'),
    (b'\x80' * 9, lambda reader: reader.varint(), 'more than 56 bits'),
])
@pytest.mark.parametrize(('room', 'error'), [(CardReader, CardError), (BodyReader, FrameError)])
def test_each_room_is_told_by_its_own_error(
        room: type[FieldReader], error: type[ValueError], data: bytes,
        read: Callable[[FieldReader], object], says: str) -> None:
    with pytest.raises(error, match=says):
        read(room(data))
