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
from go_peer import GoPeer
from stages import Conversation, Dialling, PyConversation, Relay, Stage, Strangers

SECONDS = 60


def plan(root: Path):
    """Names and tests; a stage ends with its last test."""
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


def run(name: str, test) -> bool:
    """Runs a test within its time and prints its line."""

    def too_late(*_):
        raise TimeoutError(f"not done within {SECONDS} s")

    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(SECONDS)
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
