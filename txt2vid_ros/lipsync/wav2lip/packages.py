"""The Python packages that Wav2Lip needs beyond those of the default face."""

from __future__ import annotations

import sys

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.registry import not_installed
from txt2vid_ros.lipsync.wav2lip.devices import resolved
from txt2vid_ros.lipsync.wav2lip.generator.exported import graph_files

RUNTIME = ('onnxruntime',)
READING = ('torch', 'onnx')     # to export the graphs of a checkpoint, once
GPU = ('torch',)                # S3FD needs it on any device


def missing_for(digest: str) -> tuple[str, ...]:
    """Return what is missing to run the checkpoint of sha256 `digest` (hex) on this machine."""
    if resolved('auto') == 'cuda':
        return not_installed(*GPU)
    needed = RUNTIME if graph_files(digest).complete else (*RUNTIME, *READING)
    return not_installed(*needed)


def require(*modules: str) -> None:
    """Raise UserError that says how to install those of the modules that are not."""
    if missing := not_installed(*modules):
        raise UserError(f'Wav2Lip needs {as_clause(missing)} not installed',
                        how_to_install(missing))


def as_clause(missing: tuple[str, ...]) -> str:
    """Return 'a and b, which are', to be followed by 'not installed'."""
    return f'{" and ".join(missing)}, which {"is" if len(missing) == 1 else "are"}'


def how_to_install(missing: tuple[str, ...]) -> str:
    """Return the command that installs the packages for the Python that runs this."""
    return (f'Run `make wav2lip` in the checkout, or '
            f'`{sys.executable} -m pip install {" ".join(missing)}`')
