"""Runs rows of tests. Prints one line a test; the tests of a row share its processes."""

import signal
import sys
import tempfile
import time
from pathlib import Path

from stages import Stage

# For a test that says nothing else in its attribute `seconds`.
SECONDS = 60


def run(name: str, test) -> bool:
    """Runs a test within its time and prints its line."""

    def too_late(*_):
        raise TimeoutError(f"not done within {seconds_max} s")

    seconds_max = getattr(test, "seconds", SECONDS)
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(seconds_max)
    started = time.monotonic()
    problem = None
    try:
        test()
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    seconds = time.monotonic() - started
    print(f"{name}: {'FAILED' if problem else 'ok'} ({seconds:.1f})", flush=True)
    if problem:
        print(f"    {problem}", file=sys.stderr, flush=True)
    return problem is None


def run_row(row, wanted: str) -> tuple[int, int]:
    """Runs the wanted tests of a row; how many passed, and how many failed."""
    passed = failed = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Short, because the path of a UNIX socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="interop-", ignore_cleanup_errors=True) as root:
        try:
            for name, test in row(Path(root)):
                if not name.startswith(wanted):
                    continue
                if run(name, test):
                    passed += 1
                else:
                    failed += 1
        finally:
            while Stage.all:
                Stage.all.pop().stop()
    return passed, failed
