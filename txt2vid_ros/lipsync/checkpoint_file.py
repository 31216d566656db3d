"""Reading published weight files: legacy torch pickles, told apart from failed downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import os
import pathlib
import pickle
import struct
from typing import Any, TypeVar

import torch
from torch import nn, Tensor
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.impostors import HEAD_BYTES, impostor

_CHECKPOINTS = (b'\x80', b'PK\x03\x04')     # a pickle, as published, or today's zip
# What torch.load raises for a file that ends early depends on where it ends.
_DAMAGED = (RuntimeError, EOFError, ValueError, KeyError, IndexError, OSError, struct.error)
_AGAIN = 'Download it again; `txt2vid models verify` checks it.'

Module = TypeVar('Module', bound=nn.Module)


def load_module(build: Callable[[], Module], path: str | os.PathLike[str], model: str) -> Module:
    """
    Return what `build` makes with the weights of `path`, on the CPU, in evaluation mode.

    `model` is the network's name for the user. Raises UserError that names the file and says what
    it is, if it is not a checkpoint of that network.
    """
    with torch.device('meta'):
        module = build()
    module.load_state_dict(
        read_state(pathlib.Path(path), model, module.state_dict()), assign=True)
    return module.eval().requires_grad_(False)


def read_state(
    path: pathlib.Path, model: str, expected: Mapping[str, Tensor],
) -> dict[str, Tensor]:
    """
    Return the tensors of a checkpoint, float32 on the CPU, named and shaped as `expected`.

    Takes a bare state_dict or one under the key `state_dict`, with or without the prefix
    `module.` on its names; all else in the file (optimizer state) is ignored. Nothing in the file
    is executed (weights_only). Raises UserError that says what the file is, if not `model`.
    """
    _refuse_impostors(path, model)
    content = _load(path, model)
    state = content.get('state_dict', content) if isinstance(content, dict) else None
    if not isinstance(state, dict):
        raise UserError(f'{path} holds no state_dict, so it is no checkpoint of {model}',
                        'See `txt2vid models list` for the file that belongs here.')
    named = {str(name).removeprefix('module.'): tensor for name, tensor in state.items()}
    return _checked(path, model, named, expected)


def _refuse_impostors(path: pathlib.Path, model: str) -> None:
    try:
        with path.open('rb') as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise UserError(f'cannot read the {model} weights {path}: {error.strerror}',
                        '`txt2vid models list` shows where they come from.') from error
    if not head:
        raise UserError(f'{path} is empty, not the weights of {model}', _AGAIN)
    found = impostor(head)
    if found is not None:
        raise UserError(f'{path} is {found.what}: the weights of {model} are not in it',
                        f'{found.remedy}; `txt2vid models verify` checks it')
    if not head.startswith(_CHECKPOINTS):
        raise UserError(f'{path} is not a torch checkpoint: the weights of {model} are not in it',
                        _AGAIN)


def _load(path: pathlib.Path, model: str) -> Any:
    try:
        return torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(f'{path} is not a torch checkpoint of plain tensors, or is damaged, so it '
                        f'cannot be {model}', _AGAIN) from error
    except _DAMAGED as error:
        raise UserError(f'{path} is truncated or damaged ({path.stat().st_size} bytes): the '
                        f'weights of {model} end early', _AGAIN) from error


def _checked(path: pathlib.Path, model: str, named: Mapping[str, Any],
             expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    remedy = f'Put the published weights of {model} there; see `txt2vid models list`.'
    missing = [name for name in expected if not isinstance(named.get(name), Tensor)]
    if missing:
        raise UserError(f'{path} is another network than {model}: it lacks {len(missing)} of '
                        f'{len(expected)} tensors, {missing[0]} first', remedy)
    state = {}
    for name, like in expected.items():
        tensor: Tensor = named[name]
        if tensor.shape != like.shape:
            raise UserError(f'{path} is another network than {model}: {name} has shape '
                            f'{tuple(tensor.shape)} instead of {tuple(like.shape)}', remedy)
        tensor = tensor.to(like.dtype)
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise UserError(f'{path} is damaged: {name} holds values that are not finite', _AGAIN)
        state[name] = tensor
    return state
