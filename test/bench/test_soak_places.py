"""Where the soak test writes: refused before it begins, not after two hours."""

from __future__ import annotations

from pathlib import Path

import pytest
from txt2vid_ros.bench.soak.places import check_report, places
from txt2vid_ros.core.errors import UserError


@pytest.mark.parametrize('samples', ['x.log', 'x.graph.log', 'x', 'x.jsonl'])
def test_samples_are_never_overwritten_by_what_the_graph_prints(
        tmp_path: Path, samples: str) -> None:
    found = places(tmp_path / samples, None, tmp_path)
    assert found.samples == tmp_path / samples
    assert found.graph_log != found.samples
    assert found.graph_log.name.endswith('.graph.log')


def test_all_lies_beside_the_report_whose_folder_is_made(tmp_path: Path) -> None:
    report = tmp_path / 'new' / 'soak.html'
    found = places(None, report, tmp_path / 'other')
    assert (found.samples, found.report) == (report.with_suffix('.jsonl'), report)
    assert report.parent.is_dir()


@pytest.mark.parametrize(('samples', 'report'), [
    ('a.jsonl', 'a.jsonl'), (None, 'a.jsonl'), ('a.jsonl', 'b/../a.graph.log')])
def test_a_report_over_another_file_is_refused(
        tmp_path: Path, samples: str | None, report: str) -> None:
    with pytest.raises(UserError, match='is also the file of'):
        places(tmp_path / samples if samples else None, tmp_path / report, tmp_path)


def test_what_cannot_be_written_is_told_with_its_option(tmp_path: Path) -> None:
    file = tmp_path / 'file'
    file.touch()
    with pytest.raises(UserError, match='cannot be written') as refused:
        places(tmp_path / 'soak.jsonl', file / 'soak.html', tmp_path)
    assert '--html' in refused.value.remedy
    with pytest.raises(UserError, match='cannot be written'):
        places(file / 'soak.jsonl', None, tmp_path)
    with pytest.raises(UserError, match='cannot be written'):
        places(tmp_path, None, tmp_path)


def test_a_report_does_not_overwrite_what_it_is_made_of(tmp_path: Path) -> None:
    earlier = tmp_path / 'soak.jsonl'
    earlier.write_text('{}')
    with pytest.raises(UserError, match='--from'):
        check_report(earlier, {'--from': earlier})
    assert earlier.read_text() == '{}'
