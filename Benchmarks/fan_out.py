"""Side by side: the stack of this repository and go-libp2p forward the same messages.

One process forwards to N receivers on loopback; `fan-out` is publisher and receivers for both and
measures the forwarder from outside. Every round runs all cases of both, so that drift of the machine
hits both alike; figures are medians of the rounds, and what counts are the ratios.
"""

import argparse
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests" / "Interop"))

import swarm_peer  # noqa: E402
from go_peer import GoPeer  # noqa: E402
from swarm_peer import SwarmPeer  # noqa: E402

BUILD = Path(os.environ.get("BENCH_BUILD", ".build/release"))
FORWARDER = os.environ.get("BENCH_FORWARDER", str(BUILD / "swarm-host"))
TOPIC = "bench"
SECURITIES = {"noise": "/noise", "tls": "/tls/1.0.0"}
SIZES, RECEIVERS = (256, 2_048, 65_536), (8, 32, 100)
# Deliveries of one measurement: seconds of work for the forwarder.
DELIVERIES = {256: 160_000, 2_048: 120_000, 65_536: 20_000}


class GoForwarder(GoPeer):
    """Its own subscription is read and thrown away: only who follows a topic forwards it."""

    def _receive(self, wire, topic: str) -> None:
        connection: socket.socket = wire.socket
        while connection.recv(1 << 20):
            pass


def forwarders(directory: Path):
    """Kinds of forwarders by name."""
    yield "ours", lambda: SwarmPeer(directory, topics=(TOPIC,), quiet=True)
    yield "go", lambda: GoForwarder(directory, topics=(TOPIC,))


def measure(start, case: tuple, share: float, window: int) -> dict:
    security, size, receivers = case
    peer = start()
    try:
        messages = max(20, int(DELIVERIES[size] * share / receivers))
        options = {
            "address": peer.address, "pid": peer.process.pid, "topic": TOPIC,
            "security": SECURITIES[security], "receivers": receivers, "bytes": size, "messages": messages,
            "warmup": max(20, messages // 10), "window": window,
        }
        command = [str(BUILD / "fan-out")]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        done = subprocess.run(command, capture_output=True, timeout=180)
        if done.returncode != 0:
            raise SystemExit(f"fan-out: {done.stderr.decode(errors='replace')}")
        return json.loads(done.stdout)
    finally:
        peer.stop()


def fit(points: list[tuple[float, float]]) -> tuple[float, float]:
    """a and b of y = a + b x, with the relative error least: no case outweighs the others."""
    weights = [1 / y**2 for _, y in points]
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points)) / total
    over = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points))
    under = sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points))
    b = over / under
    return mean_y - b * mean_x, b


def median(rows: list[dict], name: str) -> float:
    return statistics.median(row[name] for row in rows)


def table(results: dict, security: str, sizes, counts) -> None:
    print(f"\n{security}:\n")
    print("| bytes | receivers | deliveries/s ours | go | ratio | CPU s per million ours | go | ratio "
          "| MiB ours | go | ratio |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    names = ("deliveries_per_second", "cpu_us_per_delivery", "resident_mib")
    for size in sizes:
        for count in counts:
            cells = []
            for name in names:
                ours, go = (median(results[who, (security, size, count)], name) for who in ("ours", "go"))
                digits = 0 if ours >= 100 else 1
                cells += [f"{ours:.{digits}f}", f"{go:.{digits}f}", f"{ours / go:.2f}"]
            print(f"| {size} | {count} | " + " | ".join(cells) + " |")
    if len(counts) > 1:
        fit_table(results, security, sizes, counts)


def fit_table(results: dict, security: str, sizes, counts) -> None:
    print()
    print("CPU of the forwarder for one message to N receivers, fitted as a + b N, in microseconds:")
    print()
    print("| bytes | a ours | a go | a ratio | b ours | b go | b ratio |")
    print("|---|---|---|---|---|---|---|")
    for size in sizes:
        fits = {}
        for who in ("ours", "go"):
            rows = [
                (count, median(results[who, (security, size, count)], "cpu_us_per_message"))
                for count in counts
            ]
            fits[who] = fit(rows)
        (a, b), (go_a, go_b) = fits["ours"], fits["go"]
        print(f"| {size} | {a:.0f} | {go_a:.0f} | {a / go_a:.2f} | {b:.1f} | {go_b:.1f} | {b / go_b:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual number of messages")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--receivers", type=int, nargs="+", default=RECEIVERS)
    parser.add_argument("--security", choices=SECURITIES, nargs="+", default=list(SECURITIES))
    parser.add_argument("--window", type=int, default=16, help="messages on their way at once")
    parser.add_argument("--only", choices=("ours", "go"), help="no comparison, JSON lines alone")
    chosen = parser.parse_args()
    swarm_peer.BINARY = FORWARDER
    results: dict = {}
    for number in range(chosen.rounds):
        for case in itertools.product(chosen.security, chosen.sizes, chosen.receivers):
            with tempfile.TemporaryDirectory(prefix="fan-out-") as root:
                for who, start in forwarders(Path(root)):
                    if chosen.only not in (None, who):
                        continue
                    row = measure(start, case, chosen.share, chosen.window)
                    results.setdefault((who, case), []).append(row)
                    told = {"who": who, "round": number, "security": case[0]} | row
                    print(json.dumps(told), flush=True)
    if chosen.only is None:
        for security in chosen.security:
            table(results, security, chosen.sizes, chosen.receivers)


if __name__ == "__main__":
    main()
