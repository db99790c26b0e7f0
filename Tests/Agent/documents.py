"""Checks what agents read: the skill that the program carries, and the configurations in docs/agents.md.

usage: documents.py PROGRAM
"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tomllib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKILL = ROOT / "Sources/valence-node/Resources/valence-node"
# What would bring foreign programs or foreign instructions onto the machine of whoever follows the skill.
FETCHING = re.compile(
    r"\b(curl|wget|pip3?|pipx|uvx?|npx?|npm|pnpm|yarn|bunx?|brew|apt(-get)?|dnf|apk|cargo|go install|git clone|"
    r"docker|podman|sudo|chmod|eval)\b|https?://|\|\s*(ba|z|fi)?sh\b",
    re.IGNORECASE,
)
# The host's configuration that each heading of docs/agents.md is followed by.
HOSTS = ["Claude Code", "Codex", "Cursor", "OpenClaw", "Goose", "fast-agent"]
READERS = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}


def blocks(text):
    """The fenced blocks of a page with their languages."""
    return re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)


def servers(value):
    """Every object in a configuration that starts a program, whatever it is called there."""
    if isinstance(value, dict):
        started = value.get("command", value.get("cmd"))
        if isinstance(started, str):
            yield [started, *value.get("args", [])]
        if isinstance(value.get("target"), str):
            yield value["target"].split()
        for member in value.values():
            yield from servers(member)
    elif isinstance(value, list):
        for element in value:
            yield from servers(element)


def check_skill(program):
    faults = []
    for name in ["SKILL.md", "HEARTBEAT.md"]:
        text = (SKILL / name).read_text()
        for number, line in enumerate(text.splitlines(), 1):
            if FETCHING.search(line):
                faults.append(f"{name}:{number} installs or fetches something: {line.strip()}")
        flag = "--print" if name == "SKILL.md" else "--heartbeat"
        carried = subprocess.run([program, "skill", flag], check=True, capture_output=True).stdout
        if hashlib.sha256(carried).digest() != hashlib.sha256(text.encode()).digest():
            faults.append(f"{name} is not the one that the program carries; build it again")
    body = (SKILL / "SKILL.md").read_text()
    if len(body.splitlines()) >= 500:
        faults.append("SKILL.md has 500 lines or more")
    # A token is four bytes or more of English.
    if len(body.encode()) > 4 * 5_000:
        faults.append("SKILL.md may have more than 5,000 tokens")
    return faults


def check_hosts():
    text = (ROOT / "docs/agents.md").read_text()
    faults = []
    for host in HOSTS:
        section = re.search(rf"^### {re.escape(host)}\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
        if not section:
            faults.append(f"docs/agents.md has no section {host}")
            continue
        read = [(language, READERS[language](code)) for language, code in blocks(section[1]) if language in READERS]
        commands = [command for _, value in read for command in servers(value)]
        if not commands:
            faults.append(f"docs/agents.md shows no configuration of {host}")
        for command in commands:
            if command[:2] != ["valence-node", "mcp"]:
                faults.append(f"the configuration of {host} starts {command}")
    return faults


def main(program):
    faults = check_skill(program) + check_hosts()
    for fault in faults:
        print(f"check-skill: {fault}", file=sys.stderr)
    if not faults:
        print("check-skill: the skill is valid, fetches nothing and is the one that the program carries")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
