"""The Python packages that Wav2Lip needs beyond those of the default face."""

from __future__ import annotations

import importlib.util
import sys

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.wav2lip.devices import resolved
from txt2vid_ros.lipsync.wav2lip.generator.exported import graph_files

RUNTIME = ('onnxruntime',)
READING = ('torch', 'onnx')     # to make the graphs of a checkpoint, once
GPU = ('torch',)          # also of S3FD, on any device


def absent(*modules: str) -> tuple[str, ...]:
    """Return those of the modules that are not installed; none is imported."""
    return tuple(name for name in modules if importlib.util.find_spec(name) is None)


def lacking(digest: str) -> tuple[str, ...]:
    """Return what is missing to run the checkpoint of sha256 `digest` (hex) on this machine."""
    if resolved('auto') == 'cuda':
        return absent(*GPU)
    return absent(*RUNTIME) if graph_files(digest).whole else absent(*RUNTIME, *READING)


def require(*modules: str) -> None:
    """Raise UserError that says how to install those of the modules that are not."""
    if missing := absent(*modules):
        raise UserError(f'Wav2Lip needs {said(missing)} not installed', how_to_install(missing))


def said(missing: tuple[str, ...]) -> str:
    """Return the packages as a sentence begins that goes on with 'not installed'."""
    return f'{" and ".join(missing)}, which {"is" if len(missing) == 1 else "are"}'


def how_to_install(missing: tuple[str, ...]) -> str:
    """Return what installs the packages into the Python that runs this."""
    return (f'Run `make wav2lip` in the checkout, or '
            f'`{sys.executable} -m pip install {" ".join(missing)}`')
