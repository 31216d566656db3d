"""What belongs to all tests of the lips."""

from __future__ import annotations

import importlib.util

# `make test TORCH=no` is without torch and its tests.
collect_ignore = [] if importlib.util.find_spec('torch') else ['wav2lip']
