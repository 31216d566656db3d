"""What a failed download leaves under the name of a weight file is told from weights."""

import pytest
from txt2vid_ros.core.models.impostors import impostor


@pytest.mark.parametrize(('head', 'what'), [
    (b'version https://git-lfs.github.com/spec/v1\noid', 'Git LFS pointer'),
    (b'\n <!DOCTYPE html><html>Sign in', 'web page'),
    (b'\xef\xbb\xbf<HTML>', 'web page'),
    (b'<?xml version="1.0"?><Error>', 'XML message'),
    (b'{"error": "quota"}', 'JSON message'),
])
def test_what_is_no_weights_is_called_by_its_name(head: bytes, what: str) -> None:
    found = impostor(head)
    assert found
    assert what in found.what
    assert found.remedy


@pytest.mark.parametrize('head', [
    b'', b'\x80\x02}q\x00', b'PK\x03\x04', b'\x08\x07\x12', b'\x1c\x00\x00\x00TFL3'])
def test_the_formats_of_weights_are_let_through(head: bytes) -> None:
    assert impostor(head) is None
