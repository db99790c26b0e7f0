"""What all nodes of a network must come to agree on, and how long that takes.

The `digest` of `valence-node status` is over what a node's own log determines. That log also has when each
message came, what its sender was worth here at that moment and what this node did itself, so that nodes
which hold the same messages have other digests. What the rules have all nodes agree on is compared here: which
messages of governance and content there are, whose keys are whose, and what was decided. What a vote
weighs, how many nodes are present and what follows for an open vote is each node's own opinion.

Decisions come later than messages: who hears of a vote after its end listens for five minutes before it
counts (ADR 0024).
"""

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

from node import Node

PAGE = 1_000
# What follows from messages alone.
MESSAGES = ("requests", "proposals", "content", "identities")
WITH_DECISIONS = (*MESSAGES, "decisions")


def shared_state(member: Node) -> dict:
    """The state, part by part."""
    requests = everything(member, "requests")
    proposals = [
        member.ask("GET", f"/v1/proposals/{row['id']}") for row in everything(member, "proposals")
    ]
    content = everything(member, "content")
    return {
        "requests": sorted(row["id"] for row in requests),
        "proposals": {one["id"]: _said_of(one) for one in proposals},
        "decisions": {one["id"]: _decision(one) for one in proposals},
        "content": sorted((row["content_hash"], row["hosts"], row["replicated"]) for row in content),
        "identities": member.ask("GET", "/v1/status/brief")["identity"]["merkle_root"],
    }


def everything(member: Node, what: str) -> list[dict]:
    """All entries of a list that has pages."""
    rows, cursor = [], ""
    while True:
        page = member.ask("GET", f"/v1/{what}?limit={PAGE}{cursor}")
        rows += page[what]
        if not page["next_cursor"]:
            return rows
        cursor = f"&cursor={page['next_cursor']}"


def _said_of(proposal: dict) -> dict:
    return {
        "author": proposal["author"],
        "superseded_by": sorted(proposal["superseded_by"]),
        "votes": sorted((vote["vote_id"], vote["identity"], vote["stance"]) for vote in proposal["votes"]),
        "adoptions": sorted((one["identity"], one["success"]) for one in proposal["adoptions"]),
        "comments": sorted(comment["id"] for comment in proposal["comments"]),
    }


def _decision(proposal: dict) -> str | None:
    """Nothing as long as it depends on who is present."""
    return None if proposal["state"] in ("open", "converging") else proposal["state"]


def digest(state: dict, parts: tuple[str, ...]) -> str:
    text = json.dumps([state[part] for part in parts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def states_of(members: list[Node]) -> list[dict]:
    with ThreadPoolExecutor(len(members)) as pool:
        return list(pool.map(shared_state, members))


def await_one_state(
    members: list[Node],
    parts: tuple[str, ...],
    seconds: float,
    since: float,
    is_complete=lambda state: True,
) -> float:
    """Seconds from a moment until all have one and the same state, in which nothing is missing.

    Raises when that takes too long, with what differs.
    """
    deadline = since + seconds
    while True:
        asked = time.monotonic()
        states = states_of(members)
        if len({digest(state, parts) for state in states}) == 1 and is_complete(states[0]):
            return asked - since
        if asked > deadline:
            raise AssertionError(f"no one state within {seconds:g} s: {differences(states, parts)}")
        time.sleep(0.5)


def differences(states: list[dict], parts: tuple[str, ...]) -> str:
    """Which part differs at which nodes, by their numbers."""
    told = []
    for part in parts:
        groups: dict[str, list[int]] = {}
        for number, state in enumerate(states):
            groups.setdefault(digest(state, (part,)), []).append(number)
        if len(groups) > 1:
            shown = {members[0]: _brief(states[members[0]][part]) for members in groups.values()}
            told.append(f"{part}: nodes {list(groups.values())}: {shown}")
    return "; ".join(told) or "all are equal, and something is missing everywhere"


def _brief(value) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) < 1_500 else f"{len(value)} entries"
