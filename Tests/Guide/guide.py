"""Tries every fenced block of the operators' guide, and compares its table of alarms with the rules.

usage: guide.py PROGRAM GUIDE
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from check import start

# What may be run on a node in a folder of its own: how it begins, without what follows.
RUN = [
    "backup create", "backup verify", "backup restore", "config schema", "config show", "dashboard", "doctor", "health",
    "peer list", "status", "storage offer", "storage status", "token new",
]
# What begins a line beside the node's own commands.
TOOLS = {
    "apt", "apt-get", "install", "journalctl", "make", "mkdir", "scp", "sudoedit", "systemctl", "systemd-analyze",
    "systemd-ask-password", "systemd-creds",
}
RULES = pathlib.Path("monitoring/alerts.yml")
UNIT = pathlib.Path("packaging/valence-node.service")


class Complaint(Exception):
    pass


def blocks(text):
    """Language, number of the first line, and text of each block."""
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S):
        yield match[1], text.count("\n", 0, match.start()) + 2, match[2]


def commands(text):
    """Each command of a shell block as words; those of a pipe one by one."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for line in joined.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
        lexer.whitespace_split = True
        words = []
        for word in list(lexer) + [";"]:
            if re.fullmatch(r"[|&;]+", word):
                if words:
                    yield words
                words = []
            else:
                words.append(word)


class Parser:
    """The node's arguments, as it describes them itself."""

    def __init__(self, program):
        dump = subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True, text=True).stdout
        self.root = json.loads(dump)["command"]

    def check(self, words):
        """Complains of a verb or an option that there is not, and of arguments too many or too few."""
        command, words = self.root, list(words)
        while words and command.get("subcommands"):
            found = [c for c in command["subcommands"] if c["commandName"] == words[0]]
            if not found:
                raise Complaint(f"there is no `{words[0]}` in `{command['commandName']}`")
            command = found[0]
            words.pop(0)
        if command.get("subcommands"):
            raise Complaint(f"`{command['commandName']}` needs a verb")
        known, places = {}, []
        for argument in command.get("arguments", []):
            if argument["kind"] == "positional":
                places.append(argument)
            for name in argument.get("names") or []:
                known[("-" if name["kind"] == "short" else "--") + name["name"]] = argument["kind"]
        given = 0
        while words:
            word = words.pop(0)
            if not word.startswith("-"):
                given += 1
                continue
            name, _, value = word.partition("=")
            if name not in known:
                raise Complaint(f"`{command['commandName']}` has no {name}")
            if known[name] == "option" and not value:
                if not words:
                    raise Complaint(f"{name} has no value")
                words.pop(0)
        least = sum(not p["isOptional"] for p in places)
        most = float("inf") if any(p["isRepeating"] for p in places) else len(places)
        if not least <= given <= most:
            raise Complaint(f"`{command['commandName']}` takes {least} to {most} arguments, and was given {given}")


class Machine:
    """A node in a folder, in the place of the service that the guide speaks of."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.state = str(self.folder / "state")
        self.node, _, _ = start(program, self.state)
        (self.folder / "word").write_text("open sesame\n")
        self.ran = 0

    def stop(self):
        self.node.terminate()
        if self.node.wait(timeout=20) != 0:
            raise Complaint("the node did not end well")

    def place(self, word):
        """Where a path of the guide is here."""
        for theirs, ours in [
            ("/etc/valence-node/network.json", f"{self.state}/network.json"),
            ("/var/lib/valence-node", self.state),
            ("/var/backups/valence-node", str(self.folder)),
        ]:
            word = word.replace(theirs, ours)
        return word

    def run(self, words):
        words = [self.place(word) for word in words]
        verb = " ".join(words[:2])
        state = self.state
        if verb.startswith("backup"):
            words += ["--backup-passphrase-file", str(self.folder / "word")]
        if verb == "backup restore":
            state = str(self.folder / "restored")
        environment = {"PATH": os.environ["PATH"], "HOME": self.folder}
        done = subprocess.run(
            [self.program, *words, "--data-dir", state], capture_output=True, text=True, env=environment, timeout=60
        )
        if done.returncode != 0:
            raise Complaint(f"it ends with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
        self.ran += 1


def check_shell(text, parser, machine):
    said = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
    if said.returncode != 0:
        raise Complaint(said.stderr.strip())
    targets = set(re.findall(r"^([a-z-]+):", pathlib.Path("Makefile").read_text(), re.M))
    for words in commands(re.sub(r"^valence\(\) \{.*\}$", "", text, flags=re.M)):
        if words[0] == "sudo":
            words = words[1:]
            while words[0] == "-u":
                words = words[2:]
        if words[0] in ("valence", "valence-node"):
            parser.check(words[1:])
            if any(words[1:][: len(verb.split())] == verb.split() for verb in RUN):
                machine.run(words[1:])
        elif words[0] not in TOOLS:
            raise Complaint(f"`{words[0]}` is none of the programs that the guide needs")
        elif words[0] == "make":
            for target in words[1:]:
                if target not in targets:
                    raise Complaint(f"the Makefile has no {target}")
        elif words[0] in ("systemctl", "journalctl") and "valence-node" not in words:
            raise Complaint(f"`{' '.join(words)}` is about another service")


def check_settings(text, program, machine):
    path = machine.folder / "config.toml"
    path.write_text(machine.place(text))
    done = subprocess.run(
        [program, "config", "show", "--json", "--config", path, "--data-dir", machine.state], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Complaint(done.stderr.strip() or done.stdout.strip())
    shown = json.loads(done.stdout)
    for line in text.splitlines():
        key = re.match(r"([a-z-]+) =", line)
        if key and shown.get(key[1]) is None:
            raise Complaint(f"{key[1]} is not taken over")


def check_unit(text, program, folder):
    """The service with this drop-in, as systemd reads it; it only warns of what it does not know."""
    place = pathlib.Path(folder) / "units"
    shutil.rmtree(place, ignore_errors=True)
    (place / "valence-node.service.d").mkdir(parents=True)
    unit = place / "valence-node.service"
    unit.write_text(UNIT.read_text().replace("/usr/bin/valence-node", str(pathlib.Path(program).resolve())))
    (place / "valence-node.service.d" / "guide.conf").write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit],
        capture_output=True,
        text=True,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{place}:"},
    )
    said = (done.stdout + done.stderr).strip()
    if done.returncode != 0 or said:
        raise Complaint(f"systemd says: {said}")


def check_alarms(text):
    rules = set(re.findall(r"^\s*- alert: (\w+)", RULES.read_text(), re.M))
    rows = re.findall(r"^\| `(Valence\w+)` \|(.+)\|(.+)\|$", text, re.M)
    names = [row[0] for row in rows]
    if not rules or set(names) != rules or len(set(names)) != len(names):
        missing, more = sorted(rules - set(names)), sorted(set(names) - rules)
        raise Complaint(f"the table of alarms lacks {missing}, and names {more}, which no rule has; or one twice")
    if any(not cell.strip() for row in rows for cell in row):
        raise Complaint("a row of the table of alarms says nothing")
    return len(rules)


def main():
    program, guide = sys.argv[1:]
    text = pathlib.Path(guide).read_text()
    parser = Parser(program)
    problems, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(program, folder)
        checks = {
            "sh": lambda block: check_shell(block, parser, machine),
            "toml": lambda block: check_settings(block, program, machine),
            "ini": lambda block: check_unit(block, program, folder),
        }
        try:
            for language, line, block in blocks(text):
                count += 1
                try:
                    if language not in checks:
                        raise Complaint(f"nothing here reads blocks of `{language}`")
                    checks[language](block)
                except Complaint as complaint:
                    problems.append(f"{guide}:{line}: {complaint}")
        finally:
            machine.stop()
    alarms = 0
    try:
        alarms = check_alarms(text)
    except Complaint as complaint:
        problems.append(f"{guide}: {complaint}")
    for problem in problems:
        print(f"check-guide: {problem}", file=sys.stderr)
    if problems or count == 0:
        raise SystemExit(1)
    print(f"check-guide: {count} blocks, {machine.ran} commands that were run, {alarms} alarms with a row each")


if __name__ == "__main__":
    main()
