"""Where a soak test writes, checked before it begins."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from txt2vid_ros.core.errors import UserError

GRAPH_LOG = '.graph.log'
"""How the file of what the graph prints ends; no file of samples is called so."""


@dataclasses.dataclass(frozen=True)
class Places:
    """The files of a test."""

    samples: Path
    graph_log: Path
    report: Path | None


def places(samples: Path | None, report: Path | None, folder: Path) -> Places:
    """
    Return where to write: what is not given lies beside the report, or else in `folder`.

    Raises UserError where two are one file or one cannot be written.
    """
    samples = samples or (report.with_suffix('.jsonl') if report else folder / 'soak.jsonl')
    found = Places(samples, samples.with_suffix(GRAPH_LOG), report)
    check_report(report, {'--samples': samples, 'what the graph prints': found.graph_log})
    for option, file in (('--samples', samples), ('--samples', found.graph_log)):
        _try(option, file)
    return found


def check_report(report: Path | None, others: dict[str, Path]) -> None:
    """Raise UserError where the report would overwrite another file or cannot be written."""
    if report is None:
        return
    for what, file in others.items():
        if report.resolve() == file.resolve():
            raise UserError(f'--html {report} is also the file of {what}', 'Give another --html.')
    _try('--html', report)


def _try(option: str, file: Path) -> None:
    """Make the folder of a file and see whether it can be written; what it has is kept."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open('a', encoding='utf-8'):
            pass
    except OSError as error:
        raise UserError(f'{file} cannot be written: {error.strerror}',
                        f'Give another {option}.') from error
