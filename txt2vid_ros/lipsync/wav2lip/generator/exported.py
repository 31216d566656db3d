"""The files of the graphs exported from a checkpoint."""

from __future__ import annotations

import pathlib
from typing import NamedTuple

from txt2vid_ros.core.models.store import cache_dir

VERSION = 3             # of the graphs that onnx_graph.py builds


class GraphFiles(NamedTuple):
    """The files for one checkpoint: face, share, speech and 8-bit speech graphs, and a note."""

    face: pathlib.Path
    share: pathlib.Path
    speech: pathlib.Path
    speech_int8: pathlib.Path
    note: pathlib.Path

    @property
    def complete(self) -> bool:
        """Whether the float32 graphs exist."""
        return all(path.is_file() for path in (self.face, self.share, self.speech))

    @property
    def int8_complete(self) -> bool:
        """Whether the 8-bit graph exists, with the note of its error."""
        return all(path.is_file() for path in (self.face, self.share, self.speech_int8, self.note))


def graph_files(digest: str) -> GraphFiles:
    """Return the files for a checkpoint of sha256 `digest` (hex), whether they exist or not."""
    stem = f'{digest[:32]}-v{VERSION}'
    folder = cache_dir() / 'wav2lip'
    return GraphFiles(*(folder / f'{stem}-{part}' for part in (
        'face.onnx', 'share.onnx', 'speech.onnx', 'speech-int8.onnx', 'int8.json')))
