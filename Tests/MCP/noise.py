"""What no client sends: the node answers it, or not, and goes on."""

import json
import random
import subprocess
import time

import lab
from lab import LEGACY, META, MODERN, Pipe, Wrong, expect

GARBAGE = [
    b"{", b"}", b"null", b"7", b'""', b"[]", b"[[]]", b"\xff\xfe", b"{}", b'{"jsonrpc":"2.0"}',
    b'{"jsonrpc":"2.0","id":{},"method":"ping"}', b'{"jsonrpc":"2.0","id":null,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', b'{"jsonrpc":"2.0","id":1,"method":7}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"vote","arguments":[]}}',
    b'[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]',
    b'{"jsonrpc":"2.0","id":1,"result":{}}', b"[" * 5000, b'{"a":' * 5000, b'{"id":1,"id":1}',
    b"GET / HTTP/1.1", b"\x00" * 100, b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * 100000 + b'"}',
]


def well_formed(answer):
    expect(answer["jsonrpc"] == "2.0" and ("result" in answer) != ("error" in answer), f"{answer}")
    if "error" in answer:
        error = answer["error"]
        expect(isinstance(error["code"], int) and isinstance(error["message"], str), f"{answer}")
        expect(len(json.dumps(answer)) < 2000, "an error repeats what it was sent")


def http(node):
    """garbage over HTTP has a status below 500 and an error of JSON-RPC"""
    for body in GARBAGE:
        for version in (None, LEGACY, MODERN):
            status, fields, text = node.send(body, {"MCP-Protocol-Version": version})
            expect(status < 500, f"{body[:60]} got {status}")
            expect(text, f"{body[:60]} got nothing")
            well_formed(json.loads(text))
    # The length is enough: nobody waits for the rest.
    status, _, _ = node.send(b"{", {"Content-Length": "9000000"})
    expect(status == 413, f"nine megabytes got {status}")
    for kind in ("text/plain", "application/xml"):
        expect(node.send("{}", {"Content-Type": kind})[0] == 415, kind)
    expect(node.modern("server/discover")[0] == 200, "nobody answers any more")


def fuzzed(node):
    """requests with a few wrong bytes are answered, too"""
    chance = random.Random(7)
    sound = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                        "params": {"name": "proposals", "arguments": {"limit": 3}, "_meta": META}}).encode()
    for _ in range(300):
        body = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        status, _, text = node.send(bytes(body), {
            "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "proposals"})
        expect(status < 500, f"{bytes(body)} got {status}")
        if text:
            well_formed(json.loads(text))


def lines(node):
    """garbage on standard input: every line out is an answer, and the next request has its own"""
    pipe = Pipe(node)
    for body in GARBAGE:
        if b"\n" not in body:
            pipe.write(body)
    pipe.write(b"")
    pipe.write(b'{"a":"' + b"x" * 9_000_000 + b'"}')
    pipe.write({"jsonrpc": "2.0", "method": "notifications/nonsense"})
    pipe.write({"jsonrpc": "2.0", "id": "last", "method": "ping"})
    while True:
        answer = pipe.read()
        expect(answer is not None, "no answer to a request behind garbage")
        well_formed(answer)
        if answer.get("id") == "last":
            break
    loose = {"jsonrpc": "2.0", "id": "loose", "method": "tools/call",
             "params": {"name": "proposals", "arguments": {"limit": 5.5}, "_meta": META}}
    pipe.write(loose)
    while (answer := pipe.read()) is not None and answer.get("id") != "loose":
        pass
    expect(answer and answer["error"]["code"] == -32602, f"a fraction got {answer}")
    seconds, code = pipe.end()
    expect(seconds < 1.5 and code == 0, f"it ended {seconds} s behind its input with {code}")


def ends(node):
    """with the end of input the process ends within a second, even while a subscription is open"""
    for meta in (META, None):
        pipe = Pipe(node)
        answer = pipe.ask("tools/list", meta=meta)
        expect("result" in answer, f"{answer}")
        if meta:
            pipe.write({"jsonrpc": "2.0", "id": "s", "method": "subscriptions/listen", "params": {
                "_meta": META, "notifications": {"resourceSubscriptions": ["valence://status"]}}})
            expect(pipe.read()["method"] == "notifications/subscriptions/acknowledged", "no subscription")
        seconds, code = pipe.end()
        expect(seconds < 1.0 and code == 0, f"it ended {seconds} s behind its input with {code}")


def cancelled(node):
    """behind a cancellation nothing more comes for its request"""
    pipe = Pipe(node)
    pipe.write({"jsonrpc": "2.0", "id": 5, "method": "subscriptions/listen", "params": {
        "_meta": META, "notifications": {"resourceSubscriptions": ["valence://requests"]}}})
    expect(pipe.read()["params"]["_meta"][lab.SUBSCRIPTION] == 5, "no subscription")
    pipe.write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}})
    expect("result" in pipe.ask("server/discover", id=6), "no answer behind a cancellation")
    node.call("new_request", {"title": "Unheard", "body": "", "tags": []})
    expect(pipe.read(3) is None, "something came for a cancelled request")
    pipe.end()


def many(node):
    """a hundred requests at once have a hundred answers"""
    pipe = Pipe(node)
    for number in range(100):
        pipe.write({"jsonrpc": "2.0", "id": number, "method": "tools/list", "params": {"_meta": META}})
    ids = {pipe.read()["id"] for _ in range(100)}
    expect(ids == set(range(100)), "answers are lost")
    pipe.end()


def alone(node):
    """without a node the process says so at once, and not on standard output"""
    command = [node.program, "mcp", "--data-dir", f"{node.folder}-none"]
    began = time.monotonic()
    outcome = subprocess.run(command, stdin=subprocess.PIPE, capture_output=True, text=True, timeout=20)
    expect(outcome.returncode == 3 and not outcome.stdout, f"{outcome}")
    expect("no node runs" in outcome.stderr, f"{outcome.stderr}")
    expect(time.monotonic() - began < 5, "it thinks for long")


def checks(node):
    for check in (http, fuzzed, lines, ends, cancelled, many, alone):
        yield check.__doc__, lambda check=check: check(node)
