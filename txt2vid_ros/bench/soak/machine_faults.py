"""Faults of the machine itself, made so that nothing but the graph notices: disk and clock."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
import shutil
import struct
import subprocess

SIZE = '2g'
"""Of the disk that can be filled; memory is only taken by what is on it."""
FILLER = 'filler'
BLOCK = bytes(1 << 20)
CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
typedef int (*gettime)(clockid_t, struct timespec *);
static gettime real;
static const volatile long long *offset;
__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("TXT2VID_BENCH_CLOCK");
  int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  void *page = file < 0 ? MAP_FAILED : mmap(0, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) offset = page;
}
int clock_gettime(clockid_t id, struct timespec *now) {
  if (!real) real = (gettime)dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(id, now);
  if (!result && offset && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
    long long nanoseconds = now->tv_sec * 1000000000LL + now->tv_nsec + *offset;
    now->tv_sec = nanoseconds / 1000000000LL;
    now->tv_nsec = nanoseconds % 1000000000LL;
  }
  return result;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec exact;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *where) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (where) *where = exact.tv_sec;
  return exact.tv_sec;
}
/* The kernel knows nothing of the offset. Times of the monotonic clock are small. */
static struct timespec kernels(const struct timespec *until) {
  struct timespec moved = *until;
  if (offset && until->tv_sec > 1000000000) {
    long long nanoseconds = until->tv_sec * 1000000000LL + until->tv_nsec - *offset;
    moved.tv_sec = nanoseconds / 1000000000LL;
    moved.tv_nsec = nanoseconds % 1000000000LL;
  }
  return moved;
}
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                           const struct timespec *until) {
  static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
  struct timespec moved = kernels(until);
  if (!next) *(void **)&next = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  return next(cond, mutex, &moved);
}
int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
  static int (*next)(sem_t *, const struct timespec *);
  struct timespec moved = kernels(until);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "sem_timedwait");
  return next(semaphore, &moved);
}
"""
"""
What the processes of the graph take the time of day from: the machine's and an offset in a file.

A wait for a time of day that has begun before a step ends when it would have without it.
"""


class SmallDisk:
    """A disk of the graph's own, in a mount namespace, that can be filled."""

    def __init__(self, folder: Path) -> None:
        """Prepare to have it at `folder`, which is made."""
        folder.mkdir(exist_ok=True)
        self._folder = folder
        script = f'mount -t tmpfs -o size={SIZE} tmpfs "$0" && exec "$@"'
        self.within: tuple[str, ...] = ('unshare', '--map-root-user', '--mount', 'sh', '-c',
                                        script, str(folder))
        """The command within which the graph has to run; none where that is not allowed."""
        self.why_not = ''
        tried = subprocess.run([*self.within, 'true'], capture_output=True, text=True,
                               check=False) if shutil.which('unshare') else None
        if tried is None or tried.returncode:
            said = tried.stderr.strip() if tried else 'unshare is not installed'
            self.within, self.why_not = (), f'no disk of its own can be had here: {said}'

    def fill(self, pid: int) -> None:
        """Fill the disk of the graph whose process is `pid`."""
        place = Path(f'/proc/{pid}/root') / self._folder.relative_to('/') / FILLER
        with contextlib.suppress(OSError), place.open('ab', buffering=0) as file:
            while file.write(BLOCK):
                pass

    def empty(self, pid: int) -> None:
        """Give back what fill() has taken."""
        place = Path(f'/proc/{pid}/root') / self._folder.relative_to('/') / FILLER
        place.unlink(missing_ok=True)


class SteppedClock:
    """The time of day as the graph sees it, which can be stepped."""

    def __init__(self, folder: Path) -> None:
        """Compile what stands between the graph and the clock into `folder`."""
        self.environment: dict[str, str] = {}
        """What the graph's environment has to have besides; nothing where it cannot be done."""
        self.why_not = ''
        self._offset = folder / 'clock_offset'
        self._offset.write_bytes(struct.pack('q', 0))
        source, library = folder / 'clock.c', folder / 'clock.so'
        source.write_text(CLOCK, 'utf-8')
        compiler = shutil.which('cc') or shutil.which('gcc') or shutil.which('clang')
        if compiler is None:
            self.why_not = 'there is no C compiler to put something before the clock with'
            return
        made = subprocess.run([compiler, '-shared', '-fPIC', '-O2', '-o', str(library),
                               str(source), '-ldl'], capture_output=True, text=True, check=False)
        if made.returncode:
            self.why_not = f'the compiler says: {made.stderr.strip()[-200:]}'
            return
        loaded = f'{library}:{os.environ["LD_PRELOAD"]}' if os.environ.get(
            'LD_PRELOAD') else str(library)
        self.environment = {'LD_PRELOAD': loaded, 'TXT2VID_BENCH_CLOCK': str(self._offset)}

    def step(self, seconds: float) -> None:
        """Have the graph's clock be so many seconds ahead of the machine's."""
        with self._offset.open('r+b') as file:
            file.write(struct.pack('q', int(seconds * 1e9)))
