"""Which lip-sync engine runs when the user leaves it open, and what its weights are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses
import pathlib
import re
from typing import Any, NamedTuple

from txt2vid_ros.core import registry
from txt2vid_ros.core.address import parse_address
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.manifest import load_manifest
from txt2vid_ros.core.models.store import models_dir
from txt2vid_ros.core.models.verified import published_sum, unverified_reason
from txt2vid_ros.core.options import made, OptionTables, prefix_of
from txt2vid_ros.lipsync.engine import LipSyncEngine
from txt2vid_ros.lipsync.viseme.idle_motion import LifeSettings
from txt2vid_ros.lipsync.wav2lip import packages
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions

AUTO = 'auto'
WAV2LIP = 'wav2lip'
FALLBACK = 'viseme'
RAY, RAY_SCHEME, RAY_PORT = 'ray', 'ray://', 8000
"""An engine on other machines, how it is asked for, and the port of Ray Serve's HTTP."""
WAV2LIP_FILES = ('wav2lip_gan.pth', 'wav2lip.pth')      # the sharper one first


class Choice(NamedTuple):
    """An engine, a line that says why it is this one, and the checkpoint that was verified."""

    engine: str
    reason: str
    weights: pathlib.Path | None = None


def choose_engine(name: str = AUTO) -> Choice:
    """
    Return the engine to load; `name` itself unless it is `auto`.

    `auto` takes wav2lip where a published checkpoint lies in the models folder, its sum is right
    and the packages that run it are installed; else viseme, which needs neither. Raises UserError
    where wav2lip is asked for by name and there is no checkpoint.
    """
    if name == WAV2LIP:
        return Choice(name, f'engine wav2lip with {wav2lip_weights().name}')
    if name != AUTO:
        return Choice(name, f'engine {name}')
    doubts: list[str] = []
    remedy = ''
    for file in WAV2LIP_FILES:
        path = models_dir() / file
        if not path.is_file():
            continue
        why_not = unverified_reason(path)
        if why_not is None:
            missing = packages.missing_for(published_sum(file))
            if not missing:
                reason = '; '.join([*doubts, f'{file} is there and verified'])
                return Choice(WAV2LIP, f'engine wav2lip: {reason}', path)
            why_not = f'{file} needs {packages.as_clause(missing)} not installed'
            remedy = f'. {packages.how_to_install(missing)}'
        doubts.append(why_not)
    reason = '; '.join(doubts) or 'built in; Wav2Lip has no weights here'
    return Choice(FALLBACK, f'engine {FALLBACK}: {reason}{remedy}')


def engine_options(name: str, parameter: str = '--engine') -> OptionTables:
    """
    Return the options of the engine; for `auto`, of both that it may take. Raises UserError.

    `parameter` is what names the engine for the user, for example 'lipsync.engine'.
    """
    tables: Mapping[str, Sequence[type[Any]]]
    if name == AUTO:
        tables = {WAV2LIP: [Wav2LipOptions], FALLBACK: [LifeSettings]}
    elif name.startswith(RAY_SCHEME):
        tables = {**engine_options(AUTO, parameter).tables,
                  RAY: [registry.load(registry.ENGINES, RAY, parameter).Options]}
    else:
        own = registry.load(registry.ENGINES, name, parameter).Options
        tables = {prefix_of(name): [] if own is None else [own]}
    return OptionTables(tables, {
        prefix_of(other): f'the engine is {name}' for other in registry.names(registry.ENGINES)})


def make_engine(name: str, options: Mapping[str, Any], parameter: str
                ) -> tuple[LipSyncEngine, str]:
    """
    Return the engine, not yet loaded, and a line that says why it is this one.

    `options` are by full name, as 'viseme.blinks', and may hold those of other engines too;
    `parameter` is what names the engine for the user, for example 'lipsync.engine'. Raises
    UserError.
    """
    if name.partition(':')[0] == RAY:
        return _made_remote(name, options, parameter)
    # Named, it says itself what it lacks when it is loaded: its weights may come by an option.
    chosen, why, weights = choose_engine() if name == AUTO else Choice(name, f'engine {name}')
    kind = registry.load(registry.ENGINES, chosen, parameter)
    if kind.Options is None:
        return kind(), why
    table = made(kind.Options, chosen, options)
    if weights is not None and table.weights is None:
        table = dataclasses.replace(table, weights=weights)     # the very file verified
    return kind(table), why


def _made_remote(name: str, options: Mapping[str, Any], parameter: str
                 ) -> tuple[LipSyncEngine, str]:
    place = name.removeprefix(RAY_SCHEME)
    remedy = f'Write {RAY_SCHEME}HOST or {RAY_SCHEME}HOST:PORT of Ray Serve, as {RAY_SCHEME}gpu1.'
    if place == name or not place:
        raise UserError(f'{parameter}: {name!r} names no host', remedy)
    with_port = place if re.fullmatch(r'.*:[0-9]+', place) else f'{place}:{RAY_PORT}'
    address = parse_address(with_port, parameter, remedy)
    kind = registry.load(registry.ENGINES, RAY, parameter)
    own = made(kind.Options, RAY, options)
    fallback, why = make_engine(own.fallback, options, f'{parameter}: ray.fallback')
    return (kind(address, own, made(Wav2LipOptions, WAV2LIP, options), fallback),
            f'engine wav2lip at {address.host}:{address.port}; while it is away, {why}')


def wav2lip_weights() -> pathlib.Path:
    """Return the checkpoint in the models folder. Raises UserError that says how to get one."""
    folder = models_dir()
    for file in WAV2LIP_FILES:
        if (folder / file).is_file():
            return folder / file
    model = load_manifest().get(WAV2LIP_FILES[0])
    licence = model.licence if model else 'research, academic and personal use only'
    page = model.page if model else 'its publisher'
    raise UserError(
        f'engine wav2lip needs {folder / WAV2LIP_FILES[0]}, which is not there',
        f'Its licence: {licence}. Download it from {page}, then run '
        f'`txt2vid models import FILE --accept-terms`, or use engine:={FALLBACK}')
