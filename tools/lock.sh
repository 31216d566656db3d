#!/bin/sh
# Resolve requirements/*.in into lock files with hashes, for Python 3.10 to 3.13.
#
# runtime.txt holds what `make live` needs; test.txt only what `make test` adds to it, at
# versions that fit. The index is whatever the user's configuration says; none is written down.
set -eu
cd "$(dirname "$0")/../requirements"
uv=${UV:-uv}
# That of the tests, where the user has none.
command -v "$uv" > /dev/null || uv=$PWD/../.venv/bin/uv
command -v "$uv" > /dev/null || { echo 'lock: needs uv: make test, pip install uv, or UV=/path/to/uv' >&2; exit 1; }

compile() {
  "$uv" pip compile --quiet --universal --python-version 3.10 --generate-hashes \
    --no-header --no-annotate --constraint constraints.txt "$@"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile runtime.in --output-file "$work/runtime.txt"
compile runtime.in test.in --constraint "$work/runtime.txt" --output-file "$work/all.txt"
for extra in fuzz voices languages meshtastic ray; do
  compile "$extra.in" --constraint "$work/runtime.txt" --output-file "$work/$extra.txt"
done

note='# Made by make lock; change the .in file instead.'
for locked in runtime fuzz voices languages meshtastic ray; do
  { echo "$note"; cat "$work/$locked.txt"; } > "$locked.txt"
done
# A package is a line that does not begin with a space, followed by its hashes.
{ echo "$note"; awk '
    NR == FNR { if ($0 !~ /^ /) known[$0] = 1; next }
    $0 !~ /^ / { keep = !($0 in known) }
    keep' "$work/runtime.txt" "$work/all.txt"; } > test.txt
