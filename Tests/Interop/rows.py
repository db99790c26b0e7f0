"""Runs rows of tests. Prints one line a test; the tests of a row share its processes."""

import functools
import multiprocessing
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import node
from stage import Stage

# For a test that says nothing else in its attribute `seconds`.
SECONDS = 60


def timed(test, seconds: int):
    """A test that may take so long."""
    allowed = functools.partial(test)
    allowed.seconds = seconds
    return allowed


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


def _pass_on(*_) -> None:
    """Rows end what they started when they are asked to; nobody asks them when only this process is."""
    for row in multiprocessing.active_children():
        row.terminate()
    sys.exit(143)


def run_all(rows: list, wanted: str, at_once: int) -> int:
    """Runs the wanted tests of rows that have nothing to do with each other, so many side by side.

    Returns the exit code: 0 when there were some and all passed.
    """
    signal.signal(signal.SIGTERM, _pass_on)
    with tempfile.TemporaryDirectory(prefix="programs-") as programs:
        # A copy, so that a build meanwhile does not change the program under test.
        node.BINARY = shutil.copy(node.BINARY, programs)
        with ProcessPoolExecutor(at_once, multiprocessing.get_context("fork")) as pool:
            results = list(pool.map(run_row, *zip(*((row, wanted) for row in rows))))
    passed, failed = (sum(counts) for counts in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
