"""Types that the tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Golden = Callable[[str], dict[str, Any]]
"""Gives one archive of the golden data by its file name."""
