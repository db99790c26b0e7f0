"""A node under test, and the ways to it that no client library stands in front of."""

import http.client
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "API"))

import check as api  # noqa: E402

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
CLIENT = "io.modelcontextprotocol/clientInfo"
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
META = {VERSION: MODERN, CAPABILITIES: {}, CLIENT: {"name": "check-mcp", "version": "1"}}


class Wrong(AssertionError):
    """Something is not as it should be."""


def expect(truth, words):
    if not truth:
        raise Wrong(words)


class Node:
    """A running node with fresh data that talks to nobody."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="valence-mcp-")
        self.process, self.api, *_ = api.start(program, self.folder)
        self.token = (pathlib.Path(self.folder) / "api.token").read_text().strip()
        self.place = urllib.parse.urlsplit(self.api).netloc
        self._wait_until_synced()

    def _wait_until_synced(self):
        """A node that still looks for what it missed refuses what it would take a moment later."""
        for _ in range(240):
            _, _, text = self.send(None, method="GET", path="/v1/status")
            if json.loads(text)["sync"]["state"] == "synced":
                return
            time.sleep(0.5)
        self.stop()
        raise SystemExit("check-mcp: the node did not sync within two minutes")

    @property
    def url(self):
        return f"{self.api}/mcp"

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def command(self):
        return [self.program, "mcp", "--data-dir", self.folder]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    # The door over HTTP, byte by byte.

    def send(self, body, headers=None, method="POST", token=True, path="/mcp"):
        """Sends a body as it is; the status, the headers and the body of the answer."""
        connection = http.client.HTTPConnection(self.place, timeout=20)
        fields = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if token:
            fields.update(self.headers)
        fields.update(headers or {})
        fields = {name: value for name, value in fields.items() if value is not None}
        connection.request(method, path, body, fields)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, answer.headers, text

    def modern(self, method, params=None, id=1, headers=None, meta=META):
        """A request of today, whose headers say what its body says unless told otherwise."""
        params = dict(params or {})
        if meta is not None:
            params["_meta"] = meta
        fields = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        name = params.get("name") if method in ("tools/call", "prompts/get") else params.get("uri")
        if method in ("tools/call", "prompts/get", "resources/read") and name is not None:
            fields["Mcp-Name"] = name
        fields.update(headers or {})
        body = json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
        status, _, text = self.send(body, fields)
        return status, json.loads(text) if text else None

    def legacy(self, method, params=None, id=1):
        """A request of a client that has shaken hands."""
        body = json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params or {}})
        status, _, text = self.send(body, {"MCP-Protocol-Version": LEGACY})
        return status, json.loads(text) if text else None

    def call(self, tool, arguments=None):
        """The result of a tool."""
        _, answer = self.modern("tools/call", {"name": tool, "arguments": arguments or {}})
        expect("result" in answer, f"{tool} has no result: {answer}")
        return answer["result"]


class Pipe:
    """The door over standard streams, line by line."""

    def __init__(self, node, command=None):
        self.process = subprocess.Popen(
            command or node.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": node.folder},
        )
        self.rest = b""

    def write(self, line):
        self.process.stdin.write(line if isinstance(line, bytes) else json.dumps(line).encode())
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def read(self, seconds=20):
        """The next line as JSON; nothing after so many seconds."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                return None
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                return None
            self.rest += piece
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def ask(self, method, params=None, id=1, meta=META):
        params = dict(params or {})
        if meta is not None:
            params["_meta"] = meta
        self.write({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
        return self.read()

    def end(self):
        """Ends the input; the seconds until the process is gone, and its exit code."""
        began = time.monotonic()
        self.process.stdin.close()
        try:
            code = self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Wrong("the process outlives its input")
        return time.monotonic() - began, code
