#!/usr/bin/env python3
"""Words about proposals: a plug-in that owns a wire type, judges it, and counts what was said."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "python"))

from valence_plugin import Plugin, Refused

COUNTS = {
    "type": "object",
    "properties": {"notes": {"type": "object", "additionalProperties": {"type": "integer"}}},
    "required": ["notes"],
}
NOTE = {
    "type": "object",
    "properties": {
        "proposal": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "The PROPOSE message."},
        "text": {"type": "string", "description": "At most 280 bytes."},
    },
    "required": ["proposal", "text"],
}

plugin = Plugin(
    {
        "name": "notebook",
        "version": "1",
        "summary": "Notes about proposals.",
        "scope": "read",
        "events": ["PROPOSE", "NOTEBOOK_NOTE"],
        "owns": {"type": "NOTEBOOK_NOTE", "topic": "proposals", "fails": "closed"},
        "operations": [
            {"name": "counts", "kind": "read", "summary": "How many notes each proposal has.", "answer": COUNTS},
            {
                "name": "write",
                "kind": "act",
                "summary": "Publishes a note of this node.",
                "arguments": NOTE,
                "example": {"proposal": "0" * 64, "text": "It works."},
            },
        ],
    }
)
counts = {}


def begin(setting):
    """What was counted before this start is in the plug-in's own folder."""
    path = os.path.join(setting["data_dir"], "counts.json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            counts.update(json.load(file))


def judge(message):
    payload = message["payload"]
    text, proposal = payload.get("text"), payload.get("proposal")
    if not isinstance(text, str) or not 1 <= len(text.encode()) <= 280:
        return "a note has 1 to 280 bytes of text"
    if proposal not in counts:
        return "the note is about no proposal that is known here"
    return None


def hear(event):
    proposal = event["id"] if event["type"] == "PROPOSE" else event["payload"]["proposal"]
    counts[proposal] = counts.get(proposal, 0) + (event["type"] == "NOTEBOOK_NOTE")
    path = os.path.join(plugin.setting["data_dir"], "counts.json")
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(counts, file)
    os.replace(path + ".new", path)


def write(arguments):
    if arguments["proposal"] not in counts:
        raise Refused("unknown_proposal", "there is no such proposal")
    plugin.later(lambda: plugin.publish(arguments))
    return {"queued": True}


plugin.on_init = begin
plugin.on_event = hear
plugin.on_judge = judge
plugin.operations = {"counts": lambda _: {"notes": dict(counts)}, "write": write}
plugin.run()
