"""A node whose four caps are set is attacked on all its ways at once."""

import hashlib
import os
import re
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import valence
from networks import Network
from node import Node, eventually
from py_peer import PyPeer

MIB = 1_048_576
CAPS = {
    "--max-memory": 192 * MIB,
    "--max-disk": 128 * MIB,
    "--max-connections": 16,
    "--max-bandwidth": 1_000_000,
}
SECONDS = 20
STRANGERS = 3
CROWD = 12
SOCKETS = 200
# Ten of them, as many as one may offer in an hour, nearly fill the disk.
UPLOAD = 12 * MIB
LARGE = 256 * 1_024

# Memory is looked at each second, and what came since then is there already: an upload and some messages.
MEMORY_SLACK = 16 * MIB
# The disk is looked at with each write; a commit and the pieces that are on their way come on top.
DISK_SLACK = 8 * MIB
# A socket that is to be refused is open for a moment, and the system may have accepted a few of them.
CONNECTIONS_SLACK = 8
# A tenth of a second's burst, and what the system held of both when the window began.
BANDWIDTH_SLACK = 1.1
BANDWIDTH_WINDOW = 5
# What an operator waits for at most, and a peer, whose packets share the line with the flood. Two cores carry twenty hosts.
ANSWER_SECONDS = {"operator": 5, "peer": 15}


class Siege(Network):
    """Connections, large messages, uploads and reads; whoever has a right to an answer gets it."""

    def __init__(self, root: Path):
        super().__init__(root, "siege")
        self.problems: list[str] = []
        self.over = threading.Event()
        self.posted: list[str] = []
        self.shared: list[str] = []
        self.refused = 0
        self.waits: dict[str, list[float]] = {"operator": [], "peer": []}
        # Who waits for an answer, and since when.
        self.asking: dict[str, float] = {}
        self.samples: list[dict] = []
        # By the address of the peer; what a closed connection carried goes on counting.
        self.acknowledged: dict[str, int] = {}

    def prepare(self) -> None:
        """An honest peer and some strangers are there before it begins."""
        options = [str(word) for cap in CAPS.items() for word in cap]
        self.node = self.start(Node, *options)
        with ThreadPoolExecutor(4) as pool:
            peers = [pool.submit(self.start, PyPeer) for _ in range(1 + STRANGERS)]
            crowd = [pool.submit(self.start, PyPeer, topics=()) for _ in range(CROWD)]
            self.honest, *self.strangers = [one.result() for one in peers]
            self.crowd = [one.result() for one in crowd]
        for peer in [self.honest, *self.strangers]:
            peer.connect(self.node.address)
            eventually("authentication", lambda: self.node.peer(peer.key.node_id).get("authenticated"))
        # Keys that show their work and say no more, and more of them than there is room for. Whoever is refused comes back
        # while the flood lasts.
        for peer in self.crowd:
            self._connect_once(peer)

    prepare.seconds = 120

    def flood(self) -> None:
        """No cap is overrun, and the operator and the honest peer are answered within seconds."""
        ways = [self._connect, self._post, self._upload, self._ask_as_operator, self._ask_as_peer, self._sample]
        ways += [lambda peer=peer: self._publish(peer) for peer in self.strangers]
        ways += [lambda peer=peer: self._read(peer) for peer in self.strangers]
        ways += [lambda peer=peer: self._crowd_in(peer) for peer in self.crowd]
        threads = [threading.Thread(target=self._until_over, args=[way], daemon=True) for way in ways]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS)
        self.over.set()
        deadline = time.monotonic() + ANSWER_SECONDS["operator"]
        for thread in threads:
            # A stranger may wait for an answer that never comes.
            thread.join(max(0, deadline - time.monotonic()))
        for who, began in list(self.asking.items()):
            self.waits[who].append(time.monotonic() - began)
        assert not self.problems, "; ".join(sorted(set(self.problems)))
        self._check_caps()
        for who, waits in self.waits.items():
            assert len(waits) > 2, f"the {who} was answered {len(waits)} times"
            assert max(waits) < ANSWER_SECONDS[who], f"the {who} waited {max(waits):.1f} s"
        assert len(self.posted) > 20 and self.shared and self.refused, "the flood was none"

    flood.seconds = SECONDS + 40

    def recover(self) -> None:
        """What was acknowledged is there after a kill, and the operator may still speak."""
        self.node.kill()
        self.node.start()
        missing = set(self.posted) - self._ids()
        assert not missing, f"{len(missing)} of {len(self.posted)} acknowledged requests are gone"
        for content in self.shared:
            self.node.command("content", "verify", content)
        self.node.command("request", "new", "--title", "after the siege")

    def _ids(self) -> set[str]:
        """The ids of all requests, page by page."""
        found, cursor = set(), ""
        while True:
            page = self.node.ask("GET", f"/v1/requests?limit=1000{cursor}")
            found |= {row["id"] for row in page["requests"]}
            if not page.get("next_cursor"):
                return found
            cursor = f"&cursor={page['next_cursor']}"

    @property
    def _port(self) -> int:
        return int(self.node.address.split("/")[4])

    # Ways

    def _until_over(self, way) -> None:
        try:
            way()
        except Exception as error:
            if not self.over.is_set():
                self.problems.append(f"{getattr(way, '__name__', 'a stranger')}: {error!r}")

    def _connect(self) -> None:
        """Sockets from many addresses that say nothing, and are opened anew when they are closed."""
        held: list[socket.socket] = []
        number = 0
        while not self.over.wait(0.01):
            number += 1
            source = f"127.0.{1 + number // 200 % 200}.{1 + number % 200}"
            try:
                held.append(socket.create_connection(("127.0.0.1", self._port), 1, (source, 0)))
            except OSError:
                pass
            if len(held) > SOCKETS:
                held.pop(0).close()
        for one in held:
            one.close()

    def _crowd_in(self, peer: PyPeer) -> None:
        """A host of a key of its own that wants a connection, again and again."""
        while not self.over.wait(1):
            self._connect_once(peer)

    def _connect_once(self, peer: PyPeer) -> None:
        try:
            peer.connect(self.node.address)
        except Exception:
            # Refused, as most of them are.
            pass

    def _publish(self, peer: PyPeer) -> None:
        """Messages of the size that hurts most, until no more is taken."""
        number = 0
        while not self.over.wait(LARGE / MIB):
            number += 1
            message = valence.request(peer.key, f"large {number}")
            payload = message["payload"] | {"body": "x" * LARGE}
            try:
                peer.publish(valence.PROPOSALS, valence.canonical(valence.envelope(peer.key, "REQUEST", payload)))
            except Exception:
                # A stranger may be shut out.
                time.sleep(0.5)

    def _read(self, peer: PyPeer) -> None:
        """Pages of the log and pieces of artefacts, as many as are given."""
        while not self.over.is_set():
            try:
                peer.exchange(self.node.peer_id, valence.SYNC, valence.canonical(valence.sync_request(peer.key)))
                for content in self.shared[-1:]:
                    wanted = {"content_hash": content, "offset": 0, "length": MIB}
                    asked = valence.envelope(peer.key, "CONTENT_REQUEST", wanted)
                    peer.exchange(self.node.peer_id, valence.CONTENT, valence.canonical(asked))
            except Exception:
                time.sleep(0.2)

    def _post(self) -> None:
        """The operator's programs speak steadily; each word goes to all peers, and takes its part of the line."""
        number = 0
        while not self.over.wait(0.02):
            number += 1
            body = valence.canonical({"title": f"posted {number}", "body": "", "tags": []})
            try:
                answer = self.node.ask("POST", "/v1/requests", body, "application/json")
                self.posted.append(answer["id"])
            except (AssertionError, OSError):
                self.refused += 1
                time.sleep(0.1)

    def _upload(self) -> None:
        """Artefacts until there is no room, and then again and again."""
        while not self.over.is_set():
            content = os.urandom(UPLOAD)
            try:
                self.node.ask("POST", "/v1/content", content, "application/octet-stream")
                self.shared.append(hashlib.sha256(content).hexdigest())
            except (AssertionError, OSError):
                self.refused += 1
                time.sleep(0.1)

    # Whoever has a right to an answer

    def _ask_as_operator(self) -> None:
        while not self.over.wait(1):
            self._timed("operator", lambda: self.node.ask("GET", "/v1/status"))

    def _ask_as_peer(self) -> None:
        while not self.over.wait(1):
            self._timed("peer", lambda: self.honest.ping(self.node.peer_id, os.urandom(32)))

    def _timed(self, who: str, ask) -> None:
        self.asking[who] = began = time.monotonic()
        ask()
        self.waits[who].append(time.monotonic() - began)
        del self.asking[who]

    # What is seen from outside

    def _sample(self) -> None:
        while not self.over.wait(0.25):
            self.samples.append({
                "memory": self._memory(),
                "disk": self._disk(),
                "connections": self._connections(),
                "traffic": self._traffic(),
            })

    def _memory(self) -> int:
        """Bytes beside mapped files."""
        fields = Path(f"/proc/{self.node.process.pid}/statm").read_text().split()
        return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGESIZE")

    def _disk(self) -> int:
        """What the node's files take; what it says goes to one of ours."""
        total = 0
        for path in self.node.directory.rglob("*"):
            try:
                total += 0 if path.suffix == ".log" else path.lstat().st_blocks * 512
            except FileNotFoundError:
                pass
        return total

    def _connections(self) -> int:
        """Open sockets of the process at the port where it listens for peers."""
        port = f"{self._port:04X}"
        inodes = set()
        for row in Path(f"/proc/{self.node.process.pid}/net/tcp").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[1].endswith(f":{port}") and fields[3] == "01":
                inodes.add(f"socket:[{fields[9]}]")
        count = 0
        for link in Path(f"/proc/{self.node.process.pid}/fd").iterdir():
            try:
                count += os.readlink(link) in inodes
            except OSError:
                pass
        return count

    def _traffic(self) -> list[tuple[float, int]]:
        """Bytes that the node read, by its own account, and bytes that others acknowledged, by the system's.

        Each stands with the time at which it was read, since asking a node under attack takes as long as it takes. What
        the system took for a peer that does not read has not gone, and what it keeps for the node has not come.
        """
        connection = self.node.connect()
        try:
            token = (self.node.directory / "api.token").read_text().strip()
            connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        read_at = time.monotonic()
        figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        command = ["ss", "--tcp", "--info", "--no-header", "--oneline", "--numeric", f"sport = :{self._port}"]
        said = subprocess.run(command, capture_output=True, text=True).stdout
        acknowledged_at = time.monotonic()
        for line in said.splitlines():
            found = re.search(r"bytes_acked:(\d+)", line)
            if found:
                self.acknowledged[line.split()[4]] = int(found[1])
        read = int(float(figures["valence_transport_read_bytes_total"]))
        return [(read_at, read), (acknowledged_at, sum(self.acknowledged.values()))]

    def _check_caps(self) -> None:
        most = {name: max(sample[name] for sample in self.samples) for name in ["memory", "disk", "connections"]}
        most["inbound"], most["outbound"] = (int(rate) for rate in self._rates())
        print(f"    siege: {most}, {len(self.posted)} posts, {len(self.shared)} uploads, {self.refused} refused, "
              f"waits {', '.join(f'{who} {max(waits, default=0):.2f} s' for who, waits in self.waits.items())}", flush=True)
        bounds = {
            "memory": CAPS["--max-memory"] + MEMORY_SLACK,
            "disk": CAPS["--max-disk"] + DISK_SLACK,
            "connections": CAPS["--max-connections"] + CONNECTIONS_SLACK,
            "inbound": CAPS["--max-bandwidth"] * BANDWIDTH_SLACK,
            "outbound": CAPS["--max-bandwidth"] * BANDWIDTH_SLACK,
        }
        for name, bound in bounds.items():
            assert most[name] <= bound, f"{name}: {most[name]}, and at most {bound} is allowed"
        # A bound that nothing comes near shows nothing.
        assert most["disk"] > CAPS["--max-disk"] * 0.8, f"the disk was not filled: {most}"
        assert most["connections"] > CAPS["--max-connections"] * 0.8, f"few connected: {most}"
        assert most["outbound"] > CAPS["--max-bandwidth"] * 0.8, f"little was read: {most}"

    def _rates(self) -> list[float]:
        """The most bytes a second each way, over windows of some seconds."""
        return [self._most([sample["traffic"][way] for sample in self.samples]) for way in range(2)]

    @staticmethod
    def _most(totals: list[tuple[float, int]]) -> float:
        most = 0.0
        for began, before in totals:
            last = next((one for one in totals if one[0] >= began + BANDWIDTH_WINDOW), None)
            if last is None:
                break
            most = max(most, (last[1] - before) / (last[0] - began))
        return most
