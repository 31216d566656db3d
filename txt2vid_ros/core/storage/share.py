"""Where the files that come with the package are: configuration, launch files, the model list."""

from __future__ import annotations

import pathlib
import sys

_PACKAGE = pathlib.Path(__file__).resolve().parents[2]


def share(*parts: str) -> pathlib.Path:
    """
    Return the path of a shipped file from its parts, such as 'config', 'live.yaml'.

    In a source checkout that is beside the package; in an installation, by colcon or by pip, it
    is below share/txt2vid_ros of the prefix, however deep below the prefix the package lies.
    """
    if (_PACKAGE.parent / 'package.xml').is_file():
        return _PACKAGE.parent.joinpath(*parts)
    for prefix in (*_PACKAGE.parents, pathlib.Path(sys.prefix)):
        folder = prefix / 'share' / _PACKAGE.name
        if folder.is_dir():
            break
    return folder.joinpath(*parts)
