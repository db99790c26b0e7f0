"""Talks to a real node with go-libp2p and py-libp2p; `scripts/interop` installs both.

Prints one line a test. The tests of one stage share its node and run in their order.
"""

import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import node
import swarm_peer
from go_peer import GoPeer
from stack_stages import Line, PlainPy, Rejoin, SlowReader, Streams
from stages import Conversation, Dialling, PyConversation, Relay, Stage, Strangers
from swarm_peer import SwarmPeer

SECONDS = 60


def plan(root: Path):
    """Names and tests; a stage ends with its last test."""
    # Being cut off takes longest, so it begins first and is looked at last.
    stalled = SlowReader(root, GoPeer, SwarmPeer)
    yield "stack-go-stops-reading", stalled.stall
    yield from node_plan(root)
    yield from stack_plan(root)
    yield "stack-go-that-stalls-is-cut-off", stalled.cut_off
    stalled.stop()


def node_plan(root: Path):
    """The node and foreign peers."""
    go, py = Conversation(root, GoPeer), PyConversation(root)
    for stage in (go, py):
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
        if stage is go:
            yield "go-survives-a-large-message", stage.survive_large
            yield "go-relays-to-py-and-back", lambda: Relay(root, "relay").carry(go)
        else:
            yield "py-sync-request", stage.sync
            yield "py-peer-list-request", stage.list_peers
        yield f"{name}-node-ends-well", stage.leave
        stage.stop()
    for name, kind, test in (
        ("py-is-dialled", Dialling, "py"),
        ("go-is-dialled", Dialling, "go"),
        ("py-without-authentication", Strangers, "silence"),
        ("go-without-authentication", Strangers, "refusal"),
    ):
        stage = kind(root, name)
        yield name, getattr(stage, test)
        stage.stop()
    stage = Rejoin(root, "rejoin-py")
    yield "py-and-node-meet", stage.meet_py
    yield "py-is-killed-and-rejoins", stage.kill_py
    yield "py-stays-and-the-node-is-killed-and-rejoins", stage.kill_node
    stage.stop()


def stack_plan(root: Path):
    """The libp2p stack without a node, and foreign peers."""
    for kind in (GoPeer, PlainPy):
        stage = Streams(root, kind)
        name = f"stack-{kind.name}"
        yield f"{name}-connects", stage.meet
        yield f"{name}-echo-of-10-mib", stage.pour
        yield f"{name}-largest-document", stage.largest
        yield f"{name}-1000-streams", stage.thousand
        yield f"{name}-200-streams-at-once", stage.many_at_once
        if kind is GoPeer:
            yield f"{name}-is-sent-documents-and-half-close", stage.own_half_close
        else:
            yield f"{name}-is-asked-for-the-largest-document", stage.own_largest
            yield f"{name}-is-asked-on-1000-streams", stage.own_thousand
        stage.stop()
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
    stage = Rejoin(root, "rejoin-go")
    yield "stack-go-meets", stage.meet_go
    yield "stack-go-is-killed-and-rejoins", stage.kill_go
    yield "stack-go-stays-and-the-stack-is-killed-and-rejoins", stage.kill_host
    stage.stop()
    stage = SlowReader(root, PlainPy, GoPeer)
    yield "stack-py-stops-reading", stage.stall
    yield "stack-py-recovers", stage.recover
    stage.stop()


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


def main(wanted: str) -> int:
    passed = failed = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Short, because the path of a UNIX socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="interop-", ignore_cleanup_errors=True) as root:
        # A copy, so that a build meanwhile does not change the program under test.
        node.BINARY = shutil.copy(node.BINARY, root)
        swarm_peer.BINARY = shutil.copy(swarm_peer.BINARY, root)
        try:
            for name, test in plan(Path(root)):
                if not name.startswith(wanted):
                    continue
                if run(name, test):
                    passed += 1
                else:
                    failed += 1
        finally:
            for stage in Stage.all:
                stage.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
