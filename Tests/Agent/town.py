"""A small network on this machine: nodes with members who request, propose, vote and adopt."""

import json
import pathlib
import subprocess
import time

# What founders begin with, in the description of the network.
SCORE = "0.5"


class Town:
    """Nodes of one network, the first of which is known to all others."""

    def __init__(self, program, folder, names, log):
        self.program = program
        self.folder = pathlib.Path(folder)
        self.log = log
        self.nodes = {}
        self.processes = []
        self.identities = {}
        for name in names:
            made = self.run(name, "init")
            self.identities[name] = made["node_id"]
        self.network = str(self.folder / "network.json")
        founders = []
        for name in names:
            founders += ["--founder", f"{self.identities[name]}={SCORE}"]
        self.run(names[0], "genesis", "new", "--name", "town", *founders, self.network)
        known = []
        for name in names:
            address = self.start(name, known)
            known = known or address

    def directory(self, name):
        return str(self.folder / name)

    def run(self, name, *words):
        """Runs a command for a member; what it answered."""
        place = [] if words[0] == "genesis" else ["--data-dir", self.directory(name)]
        done = subprocess.run(
            [self.program, *words, "--json", *place], capture_output=True, text=True, timeout=180
        )
        if done.returncode:
            raise SystemExit(f"agent: {name}: {' '.join(words)} failed: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def start(self, name, bootstrap):
        words = [
            self.program, "run", "--data-dir", self.directory(name), "--json", "--profile", "local", "--genesis",
            self.network, "--listen", "/ip4/127.0.0.1/tcp/0", "--api-port", "0", "--no-mdns", "--log-level", "error",
            "--until-input-ends",
        ]
        for address in bootstrap:
            words += ["--bootstrap", address]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        ready = json.loads(process.stdout.readline() or "{}")
        if ready.get("event") != "ready":
            raise SystemExit(f"agent: the node of {name} did not start: {ready}")
        return ready["listen"][:1]

    def stop(self):
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def wait(what, seconds, condition):
    """Waits until something holds; what it gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.5)
    raise SystemExit(f"agent: waited {seconds} s for {what}, in vain")
