"""Talks to a real node with go-libp2p and py-libp2p; `scripts/interop` installs both.

Prints one line a test. The tests of a row share its processes and run in their order; rows have
nothing to do with each other and run side by side.
"""

import multiprocessing
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import node
import public_network
import swarm_peer
from go_peer import GoPeer
from relay_stages import Reach, Relayed
from rows import run_row
from stack_stages import Line, PlainPy, Rejoin, Security, Sessions, SlowReader, Streams
from stages import Conversation, Dialling, PyConversation, Relay, Strangers
from swarm_peer import SwarmPeer

# Rows of tests: names and tests in the order in which they run; a stage ends with its last test.


def slow_go(root: Path):
    stage = SlowReader(root, GoPeer)
    yield "stack-go-stops-reading", stage.stall
    yield "stack-go-that-stalls-is-cut-off", stage.cut_off


def slow_py(root: Path):
    stage = SlowReader(root, PlainPy)
    yield "stack-py-stops-reading", stage.stall
    yield "stack-py-recovers", stage.recover


def conversation(stage: Conversation):
    name = stage.kind.name
    yield f"{name}-dials-and-authenticates", stage.meet
    yield f"{name}-proves-the-node", stage.prove_node
    yield f"{name}-gets-no-link-consent", stage.refuse_to_sign_for_others
    yield f"{name}-identify", stage.identify
    yield f"{name}-ping", stage.ping
    yield f"{name}-hears-peers", stage.hear_peers
    yield f"{name}-publishes-proposals", stage.publish_proposals
    yield f"{name}-publishes-votes", stage.publish_votes
    yield f"{name}-publishes-peers", stage.publish_peers
    yield f"{name}-hears-proposals", stage.hear_proposals
    yield f"{name}-hears-votes", stage.hear_votes
    yield f"{name}-forgery-is-refused", stage.refuse_forgery


def go(root: Path):
    stage = Conversation(root, GoPeer)
    yield from conversation(stage)
    yield "go-survives-a-large-message", stage.survive_large
    yield "go-relays-to-py-and-back", lambda: Relay(root, "relay").carry(stage)
    yield "go-node-ends-well", stage.leave


def py(root: Path):
    stage = PyConversation(root)
    yield from conversation(stage)
    yield "py-sync-request", stage.sync
    yield "py-peer-list-request", stage.list_peers
    yield "py-node-ends-well", stage.leave


def dialled(root: Path):
    for name, kind, test in (
        ("py-is-dialled", Dialling, "py"),
        ("go-is-dialled", Dialling, "go"),
        ("go-without-authentication", Strangers, "refusal"),
    ):
        stage = kind(root, name)
        yield name, getattr(stage, test)
        stage.stop()


def silent(root: Path):
    yield "py-without-authentication", Strangers(root, "silent").silence


def rejoin_py(root: Path):
    stage = Rejoin(root, "rejoin-py")
    yield "py-and-node-meet", stage.meet_py
    yield "py-is-killed-and-rejoins", stage.kill_py
    yield "py-stays-and-the-node-is-killed-and-rejoins", stage.kill_node


def rejoin_go(root: Path):
    stage = Rejoin(root, "rejoin-go")
    yield "stack-go-meets", stage.meet_go
    yield "stack-go-is-killed-and-rejoins", stage.kill_go
    yield "stack-go-stays-and-the-stack-is-killed-and-rejoins", stage.kill_host


def streams(stage: Streams):
    name = f"stack-{stage.kind.name}"
    yield f"{name}-connects", stage.meet
    yield f"{name}-echo-of-10-mib", stage.pour
    yield f"{name}-document-of-10-mib", stage.largest
    yield f"{name}-1000-streams", stage.thousand
    yield f"{name}-200-streams-at-once", stage.many_at_once


def streams_go(root: Path):
    stage = Streams(root, GoPeer)
    yield from streams(stage)
    yield "stack-go-is-sent-documents-and-half-close", stage.own_half_close
    yield "stack-go-is-asked-for-a-document-of-10-mib", stage.own_largest
    yield "stack-go-is-asked-on-1000-streams", stage.own_thousand


def streams_py(root: Path):
    stage = Streams(root, PlainPy)
    yield from streams(stage)
    yield "stack-py-is-asked-for-a-document-of-10-mib", stage.own_largest
    yield "stack-py-is-asked-on-1000-streams", stage.own_thousand


def security(root: Path):
    for name in ("tls", "noise"):
        stage = Security(root, name)
        yield f"stack-go-dials-by-{name}", stage.is_dialled
        yield f"stack-go-is-dialled-by-{name}", stage.dials
        stage.stop()


def sessions(root: Path):
    yield "stack-lets-a-tls-client-in-that-comes-back", Sessions(root).come_back


def lines(root: Path):
    for name, kinds in (
        ("line-of-3", (GoPeer, SwarmPeer, PlainPy)),
        ("line-of-5-over-go", (GoPeer, SwarmPeer, GoPeer, SwarmPeer, PlainPy)),
        ("line-of-5-over-py", (GoPeer, SwarmPeer, PlainPy, SwarmPeer, PlainPy)),
    ):
        stage = Line(root, name, *kinds)
        yield f"stack-{name}-joins", stage.join
        yield f"stack-{name}-from-go-to-py", stage.there
        yield f"stack-{name}-from-py-to-go", stage.back
        stage.stop()


def relayed_by_go(root: Path):
    stage = Relayed(root, "by-go")
    yield "stack-go-relays-from-stack-to-stack", stage.by_go
    yield "stack-go-relays-from-go-to-stack", stage.from_go


def relayed_by_stack(root: Path):
    stage = Relayed(root, "by-stack")
    yield "stack-relays-from-stack-to-go", stage.by_stack
    yield "stack-relays-from-go-to-go", stage.from_go


def reach(root: Path):
    stage = Reach(root, "reach")
    yield "stack-hears-of-go-that-it-is-reached", stage.agree_that_reached
    yield "stack-tells-go-that-it-is-reached", stage.dial_back
    yield "stack-hears-of-go-that-it-is-not-reached", stage.agree_that_not_reached
    yield "stack-behind-go-dials-its-caller", stage.be_dialled_by_caller
    yield "stack-behind-go-and-its-caller-punch-holes", stage.punch
    yield "stack-calls-go-and-holes-are-punched", stage.punch_with_go_called
    yield "stack-is-called-by-go-and-agrees-on-a-time", stage.punch_with_go_calling


# Those that wait for long go first.
ROWS = (
    slow_go, silent, streams_py, rejoin_py, py, go, security, dialled, lines, slow_py, streams_go,
    rejoin_go, sessions, relayed_by_go, relayed_by_stack,
)
# Most of a row is waiting.
ROWS_AT_ONCE = 3


def run_public_row(row, wanted: str) -> tuple[int, int]:
    """Runs a row at public addresses; the process that does has no way back."""
    try:
        public_network.enter()
    except OSError as error:
        print(f"row {row.__name__}: left out, as this machine forbids it: {error}", flush=True)
        return 0, 0
    return run_row(row, wanted)


def main(wanted: str) -> int:
    with tempfile.TemporaryDirectory(prefix="interop-programs-") as programs:
        # Copies, so that a build meanwhile does not change the programs under test.
        node.BINARY = shutil.copy(node.BINARY, programs)
        swarm_peer.BINARY = shutil.copy(swarm_peer.BINARY, programs)
        fork = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(1, fork) as apart, ProcessPoolExecutor(ROWS_AT_ONCE, fork) as pool:
            public = apart.submit(run_public_row, reach, wanted)
            results = list(pool.map(run_row, ROWS, [wanted] * len(ROWS)))
            results.append(public.result())
    passed, failed = (sum(counts) for counts in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
