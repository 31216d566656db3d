#!/bin/bash
# Every check and figure of Wav2Lip on a GPU, in under 8 minutes.
#
# usage: tools/gpu_check.sh FILE.json [--device cpu] [--quick] [--seconds N] [--golden FOLDER]
#
# The machine needs a Python with torch and numpy: PYTHON, or the first one that has them. Nothing
# is downloaded. Wheels in build/gpu_wheels, if there are any, are used from a folder of their own:
# where numpy is missing, put its wheel there. What cannot be measured is named in the file, with
# the reason; the exit status is then 1.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
wheels=$root/build/gpu_wheels
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# usable PYTHON: whether it has torch.
usable() {
  command -v "$1" > /dev/null &&
    "$1" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)' 2> /dev/null
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 "$root/.venv/bin/python" python}; do
    if usable "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  echo 'gpu_check: no Python here has torch. Name one: PYTHON=/path/to/python' >&2
  return 1
}

python=$(find_python)
if compgen -G "$wheels/*.whl" > /dev/null; then
  "$python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-compile \
    --target "$scratch/site" "$wheels"/*.whl
  export PYTHONPATH=$scratch/site${PYTHONPATH:+:$PYTHONPATH}
fi
# What was measured by then is in the file, should a kernel hang.
limit=470
timeout --foreground --kill-after=5 "$limit" "$python" "$root/tools/gpu_check.py" "$@" || {
  status=$?
  [ "$status" != 124 ] || echo "gpu_check: ended after $limit s" >&2
  exit "$status"
}
