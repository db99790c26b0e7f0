"""The parent's side of a peer that takes commands as JSON lines: `py_host.py` and `swarm-host`."""

import itertools
import json
import queue
import subprocess
import threading
from pathlib import Path

import valence
from peer_process import PeerProcess


class CommandedPeer(PeerProcess):
    name = ""

    def __init__(self, directory: Path, command: list[str], key: valence.Key, topics=valence.TOPICS):
        self.key = key
        self.problems: list[str] = []
        self.disconnections: queue.Queue = queue.Queue()
        self.challenges: queue.Queue = queue.Queue()
        self.inboxes: dict[str, queue.Queue] = {topic: queue.Queue() for topic in topics}
        self.answers: dict[int, queue.Queue] = {}
        self.numbers = itertools.count(1)
        self.ready: queue.Queue = queue.Queue()
        self.log = open(directory / f"{self.name}_host.log", "wb")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log
        )
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.address: str = self.ready.get(timeout=40)
        except queue.Empty:
            self.stop()
            raise AssertionError(f"the host of {self.name} did not start: {self.problems}") from None

    def _read(self) -> None:
        for line in self.process.stdout:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if "id" in said:
                self.answers[said["id"]].put(said)
            else:
                self._hear(said)

    def _hear(self, said: dict) -> None:
        match said["event"]:
            case "message":
                self.inboxes[said["topic"]].put(bytes.fromhex(said["data"]))
            case "challenged":
                self.challenges.put(bytes.fromhex(said["frame"]))
            case "ready":
                self.ready.put(said["address"])
            case "disconnected":
                self.disconnections.put(said)
            case _:
                self.problems.append(said.get("text") or said["event"])

    def _do(self, name: str, *arguments, seconds: float = 40):
        number = next(self.numbers)
        self.answers[number] = queue.Queue()
        command = {"id": number, "do": name, "with": arguments}
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()
        try:
            answer = self.answers[number].get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"{self.name}: {name} hangs; {self.problems}") from None
        if "error" in answer:
            raise AssertionError(f"{self.name}: {name}: {answer['error']}")
        return answer["result"]

    def connect(self, address: str) -> None:
        self._do("connect", address)

    def disconnect(self, peer: str) -> None:
        self._do("disconnect", peer)

    def is_connected(self, peer: str) -> bool:
        return self._do("is_connected", peer)

    def publish(self, topic: str, data: bytes) -> None:
        self._do("publish", topic, data.hex())

    def echo(self, peer: str, count: int, size: int, at_once: int) -> None:
        """Opens so many streams to a peer that echoes, and checks what comes back."""
        self._do("echo", peer, count, size, at_once, seconds=55)

    def stop(self) -> None:
        self.kill()
        self.log.close()
