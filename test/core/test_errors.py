"""The line that a person reads."""

from __future__ import annotations

import pytest
from txt2vid_ros.core.errors import UserError


@pytest.mark.parametrize(('problem', 'remedy', 'line'), [
    ('x is 3', 'Use 2.', 'x is 3. Use 2.'), ('x is 3.', 'Use 2.', 'x is 3. Use 2.'),
    ('x is 3', '', 'x is 3')])
def test_it_joins_the_problem_and_the_remedy(problem: str, remedy: str, line: str) -> None:
    error = UserError(problem, remedy)
    assert str(error) == line
    assert (error.problem, error.remedy) == (problem, remedy)
