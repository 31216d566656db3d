"""Writes files as the published weights were written: by Python 2 and from a GPU."""

from __future__ import annotations

import io
import pathlib
import pickle
from typing import Any, IO
from unittest import mock

import torch


class _Python2Pickler(pickle._Pickler):
    """Writes strings as Python 2 did: as bytes without a stated encoding."""

    dispatch = dict(pickle._Pickler.dispatch)  # noqa: RUF012 - pickle's own table

    def _save_str(self, text: str) -> None:
        data = text.encode('latin1')
        self.write(b'U' + bytes([len(data)]) + data)
        self.memoize(text)

    dispatch[str] = _save_str


class Python2Pickle:
    """Looks like the pickle module to torch.save."""

    Pickler = _Python2Pickler

    @staticmethod
    def dump(value: object, file: IO[bytes], protocol: int) -> None:
        _Python2Pickler(file, protocol).dump(value)


def save_published(content: object, path: pathlib.Path | IO[bytes], *,
                   pickle_module: Any = pickle) -> None:
    """Save as torch did before zip files, with tensors said to lie on the first GPU."""
    with mock.patch('torch.serialization.location_tag', lambda storage: 'cuda:0'):
        torch.save(content, path, pickle_module=pickle_module, pickle_protocol=2,
                   _use_new_zipfile_serialization=False)


def published_bytes(content: object) -> bytes:
    file = io.BytesIO()
    save_published(content, file)
    return file.getvalue()
