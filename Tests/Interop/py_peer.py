"""The parent's side of `py_host.py`."""

import itertools
import json
import queue
import subprocess
import sys
import threading
from pathlib import Path

import protobuf as pb
import valence


class PyPeer:
    name = "py"

    def __init__(self, directory: Path, answers_auth: bool = True, key: valence.Key | None = None):
        self.key = key or valence.Key()
        self.problems: list[str] = []
        self.challenges: queue.Queue = queue.Queue()
        self.inboxes: dict[str, queue.Queue] = {topic: queue.Queue() for topic in valence.TOPICS}
        self.answers: dict[int, queue.Queue] = {}
        self.numbers = itertools.count(1)
        self.ready: queue.Queue = queue.Queue()
        self.log = open(directory / "py_host.log", "wb")
        script = Path(__file__).with_name("py_host.py")
        self.process = subprocess.Popen(
            [
                sys.executable, str(script), self.key.seed.hex(),
                "answers" if answers_auth else "keeps silent",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
        )
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.address: str = self.ready.get(timeout=40)
        except queue.Empty:
            self.stop()
            raise AssertionError(f"the py-libp2p host did not start: {self.problems}") from None

    def _read(self) -> None:
        for line in self.process.stdout:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if "id" in said:
                self.answers[said["id"]].put(said)
            elif said["event"] == "message":
                self.inboxes[said["topic"]].put(bytes.fromhex(said["data"]))
            elif said["event"] == "challenged":
                self.challenges.put(bytes.fromhex(said["frame"]))
            elif said["event"] == "ready":
                self.ready.put(said["address"])
            else:
                self.problems.append(said["text"])

    def _do(self, name: str, *arguments):
        number = next(self.numbers)
        self.answers[number] = queue.Queue()
        command = {"id": number, "do": name, "with": arguments}
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()
        try:
            answer = self.answers[number].get(timeout=40)
        except queue.Empty:
            raise AssertionError(f"py-libp2p: {name} hangs; {self.problems}") from None
        if "error" in answer:
            raise AssertionError(f"py-libp2p: {name}: {answer['error']}")
        return answer["result"]

    def connect(self, address: str) -> None:
        self._do("connect", address)

    def disconnect(self, peer: str) -> None:
        self._do("disconnect", peer)

    def is_connected(self, peer: str) -> bool:
        return self._do("is_connected", peer)

    def publish(self, topic: str, data: bytes) -> None:
        self._do("publish", topic, data.hex())

    def exchange(self, peer: str, protocol: str, document: bytes) -> bytes:
        return bytes.fromhex(self._do("exchange", peer, protocol, document.hex()))

    def ping(self, peer: str, payload: bytes) -> bytes:
        return bytes.fromhex(self._do("ping", peer, payload.hex()))

    def identify(self, peer: str) -> dict[int, list]:
        return pb.fields(bytes.fromhex(self._do("identify", peer)))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.close()
