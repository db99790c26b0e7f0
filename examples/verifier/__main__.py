"""Checks what proposals claim: a plug-in that publishes what it found.

A claim that can be checked names its check in its evidence: `check: python3 test.py`. The command runs in a folder
that holds the artefact as `artefact`, and unpacked if it is an archive. Whether it succeeds is published as a comment
with a verification, which other nodes may count.
"""

import base64
import hashlib
import io
import json
import os
import shlex
import sys
import tarfile
import tempfile
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "python"))

import sandbox
from valence_plugin import Journal, Plugin, Refused

PREFIX = "check: "
UNPACKED_BYTES = 16 * 1024 * 1024
UNPACKED_FILES = 1_000

plugin = Plugin(
    {
        "name": "verifier",
        "version": "1",
        "summary": "Checks what proposals claim, in a sandbox, and publishes what it found.",
        "scope": "act",
        "events": ["PROPOSE"],
        "operations": [
            {
                "name": "reports",
                "kind": "read",
                "summary": "What was checked, and what came of it.",
                "answer": {"type": "object", "properties": {"reports": {"type": "array"}}, "required": ["reports"]},
            },
            {
                "name": "verify",
                "kind": "act",
                "summary": "Checks the claims of a proposal.",
                "arguments": {
                    "type": "object",
                    "properties": {"proposal": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
                    "required": ["proposal"],
                },
                "example": {"proposal": "0" * 64},
            },
        ],
    }
)
# What was published once must not be published again after a restart.
reports = Journal()


def begin(setting):
    reports.open(setting["data_dir"], "reports.json")


def artefact(proposal):
    """The bytes that are proposed, compared with their hash."""
    if proposal.get("content_inline"):
        content = base64.b64decode(proposal["content_inline"])
    else:
        with open(plugin.call("fetch_content", {"id": proposal["content_hash"]})["path"], "rb") as file:
            content = file.read()
    if hashlib.sha256(content).hexdigest() != proposal["content_hash"]:
        raise ValueError("the artefact is not what its hash names")
    return content


def unpack(content, folder):
    """Unpacks an archive; names that lead elsewhere are left out, and sizes are bounded."""
    if tarfile.is_tarfile(io.BytesIO(content)):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            files = [member for member in archive.getmembers() if member.isfile()]
            pieces = [(member.name, member.size, lambda m=member: archive.extractfile(m).read()) for member in files]
            write(pieces, folder)
    elif zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [member for member in archive.infolist() if not member.is_dir()]
            write([(member.filename, member.file_size, lambda m=member: archive.read(m)) for member in files], folder)


def write(pieces, folder):
    if len(pieces) > UNPACKED_FILES or sum(size for _, size, _ in pieces) > UNPACKED_BYTES:
        raise ValueError("the archive is too large to be checked")
    for name, _, read in pieces:
        place = os.path.realpath(os.path.join(folder, name))
        if not place.startswith(os.path.realpath(folder) + os.sep):
            raise ValueError(f"the archive reaches out of its folder: {name}")
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(read())


def check(message):
    """Checks every claim of a proposal that says how."""
    proposal = message["payload"]
    claims = [
        (index, claim["evidence"][len(PREFIX) :])
        for index, claim in enumerate(proposal.get("claims") or [])
        if claim.get("verifiable") and (claim.get("evidence") or "").startswith(PREFIX)
    ]
    done = {(report["proposal"], report["claim"]) for report in reports}
    open_claims = [(index, command) for index, command in claims if (message["id"], index) not in done]
    if not open_claims:
        return
    content = artefact(proposal)
    for index, command in open_claims:
        with tempfile.TemporaryDirectory(prefix="valence-check-") as folder:
            with open(os.path.join(folder, "artefact"), "wb") as file:
                file.write(content)
            unpack(content, folder)
            report(message["id"], index, command, folder)


def report(proposal, index, command, folder):
    try:
        held, printed = sandbox.run(folder, shlex.split(command))
    except (sandbox.Unavailable, ValueError) as problem:
        held, printed = None, f"not run: {problem}"
    entry = {"proposal": proposal, "claim": index, "held": held, "printed": printed, "comment": None}
    if held is not None:
        words = "holds" if held else "does not hold"
        comment = {
            "id": proposal,
            "body": f"Claim {index} {words}: `{command}` was run in a sandbox.",
            "verification": {"claim_index": index, "result": "true" if held else "false", "evidence": printed[-400:]},
        }
        try:
            entry["comment"] = plugin.call("comment", comment)["id"]
        except Refused as refused:
            entry["printed"] = f"not published: {refused}"
    reports.keep(entry)


def hear(event):
    if event.get("payload_left_out"):
        event["payload"] = whole(event["id"])
    check(event)


def whole(proposal):
    """What the node says of a proposal whose event came without its payload."""
    shown = plugin.call("proposal", {"id": proposal})
    return {"claims": shown.get("claims"), "content_hash": shown["content_hash"]}


def verify(arguments):
    proposal = arguments["proposal"]
    plugin.later(lambda: check({"id": proposal, "payload": whole(proposal)}))
    return {"queued": True}


plugin.on_init = begin
plugin.on_event = hear
plugin.operations = {"reports": lambda _: {"reports": reports[-100:]}, "verify": verify}
plugin.run()
