"""Starts a node with fresh data, validates its OpenAPI document, and has schemathesis try every operation.

usage: check.py PROGRAM [more arguments of `schemathesis run`]
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
# Examples an operation, and the longest that an answer may take.
EXAMPLES = "50"
SECONDS = "2"


def start(program, folder):
    """A running node that talks to nobody, the place of its API, and its id."""
    made = subprocess.run(
        [program, "init", "--data-dir", folder, "--json"], check=True, capture_output=True, text=True
    )
    # A founder has nobody to hear from before it may speak.
    network = f"{folder}/network.json"
    founder = json.loads(made.stdout)["node_id"]
    subprocess.run(
        [program, "genesis", "new", "--name", "lab", "--founder", founder, network],
        check=True,
        capture_output=True,
    )
    node = subprocess.Popen(
        [program, "run", "--data-dir", folder, "--json", "--profile", "local", "--genesis", network,
         "--listen", "/ip4/127.0.0.1/tcp/0", "--api-port", "0", "--log-level", "error"],
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
    )
    for line in node.stdout:
        event = json.loads(line)
        if event.get("event") == "ready":
            return node, event["api"], founder
    raise SystemExit(f"check-api: the node ended with {node.wait()} before it was ready")


class Client:
    """Asks the node under test."""

    def __init__(self, api, token):
        self.api, self.token = api, token

    def ask(self, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api}{path}", data=data, headers=headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


def wait_until_synced(client):
    """A node that still looks for what it missed refuses what it would take a moment later."""
    for _ in range(120):
        if client.ask("/v1/status")["sync"]["state"] == "synced":
            return
        time.sleep(1)
    raise SystemExit("check-api: the node did not sync within two minutes")


def known_ids(client, node_id):
    """Something of each kind that paths name, by the part of the path that names it."""
    request = client.ask("/v1/requests", {"title": "wanted", "body": "", "tags": []})
    proposal = client.ask("/v1/proposals", {
        "title": "offered", "body": "", "content_type": "text/plain", "content_text": "an artefact",
    })
    return {
        "requests": request["id"], "proposals": proposal["id"],
        "identity": node_id, "reputation": node_id,
    }


def main(program, *more):
    folder = tempfile.mkdtemp(prefix="valence-api-")
    node = None
    try:
        node, api, node_id = start(program, folder)
        token = (pathlib.Path(folder) / "api.token").read_text().strip()
        client = Client(api, token)
        saved = pathlib.Path(folder) / "openapi.json"
        saved.write_text(json.dumps(client.ask("/openapi.json")))
        subprocess.run(["openapi-spec-validator", saved], check=True)
        wait_until_synced(client)
        command = [
            "schemathesis", "--config-file", str(HERE / "schemathesis.toml"), "run",
            f"{api}/openapi.json", "--header", f"Authorization: Bearer {token}",
            "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", EXAMPLES,
            "--max-response-time", SECONDS, *more,
        ]
        known = json.dumps(known_ids(client, node_id))
        hooks = {
            **os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "KNOWN_IDS": known,
        }
        outcome = subprocess.run(command, cwd=folder, env=hooks)
        if node.poll() is not None:
            raise SystemExit(f"check-api: the node ended with {node.returncode} meanwhile")
        return outcome.returncode
    finally:
        if node is not None and node.poll() is None:
            node.terminate()
            node.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
