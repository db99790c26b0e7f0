"""How long an idle node takes to start, and what it holds in memory: as a release, and as it is built for tests.

Each round starts both programs one after the other on data directories of their own, waits until they say that they are
ready, and reads their memory a second later. Figures are medians of the rounds, with the least and the most.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

# What the kernel tells of a process (proc_pid_status(5)), by the names of our figures.
MEMORY = {"memory": "VmRSS", "own_memory": "RssAnon"}


def start(program: str, directory: str) -> tuple[subprocess.Popen, float]:
    """A node, and the seconds until it said that it is ready."""
    command = [program, "run", "--data-dir", directory, "--json", "--api-port", "0"]
    command += ["--listen", "/ip4/127.0.0.1/tcp/0", "--profile", "local"]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    said = process.stdout.readline()
    seconds = time.perf_counter() - began
    if b'"ready"' not in said:
        process.kill()
        sys.exit(f"idle-node: {program} did not start: {said.decode() or process.wait()}")
    return process, seconds


def memory(process: subprocess.Popen) -> dict[str, float]:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return {name: int(fields[field].split()[0]) / 1024 for name, field in MEMORY.items()}


def measure(program: str, directory: str) -> dict[str, float]:
    process, seconds = start(program, directory)
    try:
        time.sleep(1)
        return {"start": seconds} | memory(process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("release", help="the program as a release has it")
    parser.add_argument("built", help="the program as the build leaves it")
    wanted = parser.parse_args()
    programs = {"release": wanted.release, "built": wanted.built}
    figures = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="idle-node-") as root:
        for name, program in programs.items():
            init = [program, "init", "--data-dir", f"{root}/{name}"]
            subprocess.run(init, check=True, capture_output=True)
        for _ in range(wanted.rounds):
            for name, program in programs.items():
                for figure, value in measure(program, f"{root}/{name}").items():
                    figures[name, figure].append(value)
    print(f"idle node, {wanted.rounds} rounds, load {os.getloadavg()[0]:.2f}")
    for (name, figure), values in figures.items():
        unit, factor = ("ms", 1_000) if figure == "start" else ("MiB", 1)
        middle, least, most = (factor * f(values) for f in (statistics.median, min, max))
        print(f"{name + '_' + figure:<20} {middle:6.1f} {unit:<4} ({least:.1f} to {most:.1f})")


if __name__ == "__main__":
    main()
