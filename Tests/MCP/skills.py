"""Skills that a network of real nodes ratified, taken by the one client that knows the extension."""

import contextlib
import pathlib
import shutil
import signal
import subprocess
import tempfile

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from fastmcp.skills import SkillsClientExtension

from lab import expect

NAME = "release-checklist"


@contextlib.contextmanager
def network(program):
    """Nodes that have ratified and adopted a skill; the folder of one of them."""
    folder = tempfile.mkdtemp(prefix="valence-mcp-")
    process = subprocess.Popen(
        [program, "devnet", "--nodes", "3", "--voting-seconds", "5", "--json", "--data-dir", folder],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        report = process.stdout.readline()
        expect(report, "the network has not adopted anything")
        yield sorted(path.parent for path in pathlib.Path(folder).rglob("api.token"))[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


async def taken(program, folder):
    transport = StdioTransport(program, ["mcp", "--data-dir", str(folder)])
    async with Client(transport, extensions=[SkillsClientExtension()]) as client:
        listed = await client.list_skills()
        expect([skill.frontmatter.name for skill in listed] == [NAME], f"{listed}")
        skill = listed[0]
        decision = (skill.meta or {}).get("network.valence/proposal", {})
        expect(len(decision.get("id", "")) == 64, f"no decision: {skill}")
        expect(await client.get_skill(skill.uri) == skill, "another entry")
        # It compares size and hash of each file with the manifest.
        read = await client.read_skill(skill.uri)
        expect(b"# Release checklist" in read.files["SKILL.md"], f"{read.files}")


async def whole(program):
    with network(program) as folder:
        await taken(program, folder)


def checks(node):
    yield "skills that a network ratified are listed, read and verified", lambda: whole(node.program)
