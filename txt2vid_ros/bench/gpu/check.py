"""Every figure of Wav2Lip on a device in one go: what fails is told, and the rest is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import datetime
import json
import pathlib
import platform
import time
from typing import Any

FORMAT = 1
Section = tuple[str, Callable[[], dict[str, Any]]]


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much is measured."""

    side: int = 8192            # of the matrices
    copied: int = 1 << 30       # bytes
    batches: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    others: tuple[int, ...] = (1, 64)
    """Batches in the precisions that are not the product's."""
    batch_seconds: float = 1.5
    levels: tuple[int, ...] = (1, 8, 32, 64, 100, 128, 192, 256, 384, 512)
    level_seconds: float = 3.0
    gathers: tuple[float, ...] = (0.0, 0.002, 0.005)


QUICK = Scale(side=256, copied=1 << 20, batches=(1,), others=(), batch_seconds=0.0,
              levels=(1, 2), level_seconds=0.08, gathers=(0.0,))


class Check:
    """Runs the sections one after another and keeps what they give in a JSON file."""

    def __init__(self, device: str, file: pathlib.Path, seconds: float,
                 say: Callable[[str], object] = print) -> None:
        """Measure on `device`, 'cuda' or 'cpu', for about `seconds` at most."""
        import torch
        self._file = file
        self._end = time.monotonic() + seconds
        self._say = say
        self._figures: dict[str, Any] = {}
        self._failed: dict[str, str] = {}
        name = torch.cuda.get_device_name() if device == 'cuda' else platform.processor()
        self._about = {
            'format': FORMAT, 'device': name or platform.machine(), 'kind': device,
            'date': datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            'torch': torch.__version__, 'cuda': torch.version.cuda,
            'python': platform.python_version()}

    def run(self, sections: Iterator[Section]) -> bool:
        """Run all for which there is time, and write after each; return whether all went well."""
        while True:
            name = 'preparing the next section'
            begun = time.monotonic()
            try:
                name, measure = next(sections)
                if begun > self._end:
                    raise TimeoutError('the time was over')
                self._figures[name] = measure()
                self._say(f'{name}: {_line(self._figures[name])}')
            except StopIteration:
                break
            except Exception as error:
                self._failed[name] = f'{type(error).__name__}: {error}'.splitlines()[0]
                self._say(f'{name}: NOT MEASURED: {self._failed[name]}')
            self._write()
        self._write()
        return not self._failed

    def _write(self) -> None:
        text = json.dumps({**self._about, 'figures': self._figures, 'failed': self._failed},
                          indent=1, sort_keys=True)
        # Renamed, so that a run which is killed leaves what it had.
        part = self._file.with_suffix('.part')
        part.write_text(text + '\n', 'utf-8')
        part.replace(self._file)


def sections(device: str, golden: pathlib.Path, scale: Scale) -> Iterator[Section]:
    """Yield the names of all sections, and what measures them, in the order of their worth."""
    import torch
    from txt2vid_ros.bench.gpu import networks
    from txt2vid_ros.bench.gpu.batches import measured_batch
    from txt2vid_ros.bench.gpu.limits import measured_limits, step_limit_ms
    from txt2vid_ros.bench.gpu.parity import parity
    from txt2vid_ros.bench.gpu.serving import most_sessions
    model = networks.synthetic()
    precisions = tuple(networks.PRECISIONS) if device == 'cuda' else networks.ON_A_CPU
    own = networks.PRODUCT[device]
    limits: dict[str, Any] = {}
    made: dict[str, Any] = {}

    def measure_limits() -> dict[str, Any]:
        limits.update(measured_limits(device, precisions, scale.side, scale.copied))
        return limits

    def load() -> dict[str, Any]:
        if device == 'cuda':    # of what was measured before
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        begun = time.perf_counter()
        made['fast'] = networks.product(model, device, own)
        loaded = time.perf_counter()
        made['fast'].prepare(max(size for size in scale.batches if size <= 128))
        prepared = time.perf_counter()
        memory = torch.cuda.max_memory_reserved() / 1e9 if device == 'cuda' else None
        made['plain'] = networks.plain(model, device)
        return {'load_seconds': loaded - begun, 'graphs_seconds': prepared - loaded,
                'largest_batch': made['fast'].merged, 'memory_gb': memory}

    def batch(size: int, precision: str) -> dict[str, Any]:
        with networks.rounding(precision):
            fast = made['fast'] if precision == own else networks.product(
                model, device, precision)
            figures = measured_batch(fast, made['plain'], size, scale.batch_seconds)
        if fast is not made['fast']:
            fast.close()
        if limits:
            figures['limit_ms'] = step_limit_ms(limits, precision, size)
            figures['share_of_limit'] = figures['limit_ms'] / figures['ms']
        return figures

    yield 'limits', measure_limits
    for precision in precisions:
        yield f'parity_{precision}', lambda p=precision: parity(    # type: ignore[misc]
            model, device, p, golden)
    yield 'load', load
    for size in scale.batches:
        yield f'batch_{size}', lambda n=size: batch(n, own)         # type: ignore[misc]
    for number, gather in enumerate(scale.gathers):
        name = 'sessions' if number == 0 else f'sessions_gathered_{gather * 1000:g}_ms'
        yield name, lambda g=gather: most_sessions(                 # type: ignore[misc]
            made['fast'], scale.levels, scale.level_seconds, g)
    for precision in precisions:
        for size in scale.others if precision != own else ():
            yield (f'batch_{size}_{precision}',
                   lambda n=size, p=precision: batch(n, p))     # type: ignore[misc]


def _line(figures: dict[str, Any]) -> str:
    return ', '.join(f'{name} {value:.4g}' if isinstance(value, float) else f'{name} {value}'
                     for name, value in figures.items() if not isinstance(value, dict))
