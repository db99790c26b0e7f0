"""Nodes that know each other from the start."""

import json
import subprocess
from pathlib import Path

import node
from node import Node, Place, eventually
from stage import Stage


class Network(Stage):
    """Nodes of one description, each bootstrapped from the first."""

    def found(self, places: list[Place], *arguments: str) -> list[Node]:
        """Starts a node at each place and waits until they have met; all may propose and vote."""
        directories = [self.directory("node") for _ in places]
        keys = [tool(directory, "init")["node_id"] for directory in directories]
        genesis = node.describe_network(self.root / "network.json", keys)
        nodes: list[Node] = []
        for place, directory in zip(places, directories):
            place.genesis = genesis
            bootstrap = ["--bootstrap", nodes[0].address] if nodes else []
            nodes.append(Node(directory, *bootstrap, *arguments, place=place))
            self.started.append(nodes[-1])
        for member in nodes:
            eventually("everybody knows everybody", lambda: peers_of(member) == len(nodes) - 1, 60)
        return nodes


def tool(directory: Path, *words: str) -> dict:
    """Runs a command that needs a data directory and no running node."""
    command = [node.BINARY, *words, "--data-dir", str(directory), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=30)
    return json.loads(done.stdout)


def peers_of(member: Node) -> int:
    """How many authenticated peers are connected."""
    rows = member.command("peer", "list")["peers"]
    return sum(1 for row in rows if row.get("connected") and row.get("authenticated"))


def requests(member: Node) -> list[str]:
    """The ids of all requests that the node holds, in an order of their own."""
    listed = member.command("request", "list", "--limit", "1000")["requests"]
    return sorted(row["id"] for row in listed)


def governance(member: Node) -> list[tuple]:
    """Every proposal with who voted what, in an order of its own."""
    shown = []
    for proposal in sorted(member.proposals()):
        votes = member.command("proposal", "show", proposal)["votes"]
        shown.append((proposal, sorted((vote["identity"], vote["stance"]) for vote in votes)))
    return shown
