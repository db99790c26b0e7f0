"""An agent's knowledge: the commands of SKILL.md, and nothing else."""

import json
import pathlib
import re
import shlex
import subprocess
import time

VARIABLE = re.compile(r"\$([A-Z]+)")


class Refused(Exception):
    """A command that failed, with the object that it printed."""

    def __init__(self, answer):
        super().__init__(f"{answer.get('code')}: {answer.get('detail')}")
        self.answer = answer


class Skill:
    """The commands that a page shows, which its reader fills in."""

    def __init__(self, text):
        self.text = text
        self.commands = []
        self.used = set()
        # What stands for a command where there are tools: its name and its arguments.
        self.tools = {}
        for verbs, tool, arguments in re.findall(r"^\| (`[^|]*`) \| `(\w+)` \| `(\{.*\})` \|$", text, re.MULTILINE):
            for verb in re.findall(r"`([^`]+)`", verbs):
                self.tools[verb] = (tool, arguments)
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                line = line.strip()
                if line:
                    self.commands.append(shlex.split(line))

    def find(self, verb, variables):
        """The one command with these words and these variables."""
        words = verb.split()
        fitting = [
            command
            for command in self.commands
            if [word for word in command[1:] if not word.startswith(("-", "$"))][: len(words)] == words
            and set(VARIABLE.findall(" ".join(command))) == set(variables)
        ]
        if len(fitting) != 1:
            raise SystemExit(
                f"agent: the skill shows {len(fitting)} commands `{verb}` with {sorted(variables) or 'no variables'}"
            )
        self.used.add(tuple(fitting[0]))
        return fitting[0]


class ToolAgent:
    """Does what the skill says by the tools that it names.

    `call` is given the name of a tool and its arguments and gives what it answers: an object, or the text of an
    artefact. It raises `Refused`.
    """

    def __init__(self, skill, call, log):
        self.skill = skill
        self.call = call
        self.log = log
        self.identity = None

    def has(self, verb):
        return verb in self.skill.tools

    def do(self, verb, more=(), **variables):
        file = variables.pop("FILE", None)
        if verb == "proposal show" and file:
            pathlib.Path(file).write_text(self.run("proposal show --output", variables, {}))
            return None
        extra = {}
        if verb == "proposal new":
            variables["CONTENT"] = pathlib.Path(file).read_text()
            verb += " --supersedes" if "PROPOSAL" in variables else ""
            # As the option of the command does.
            extra = {"voting_deadline": int((time.time() + float(more[1])) * 1000)}
        if verb == "proposal vote" and "REASON" not in variables:
            verb += " --dry-run"
        if verb.startswith("rep "):
            variables["IDENTITY"] = self.identity = self.identity or self.do("status")["identity"]["node_id"]
        answer = self.run(verb, variables, extra)
        return answer[self.skill.tools[verb][0]] if verb in ("request list", "proposal list") else answer

    def run(self, verb, variables, extra):
        if not self.has(verb):
            raise SystemExit(f"agent: the skill names no tool for `{verb}`")
        tool, template = self.skill.tools[verb]
        self.skill.used.add(verb)
        arguments = {**fill(json.loads(template), variables), **extra}
        self.log(f"{tool} {json.dumps(arguments)}")
        return self.call(tool, arguments)


def fill(value, variables):
    """A value with what stands for its variables."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: str(variables[match[1]]), value)
    if isinstance(value, list):
        return [fill(each, variables) for each in value]
    if isinstance(value, dict):
        return {name: fill(each, variables) for name, each in value.items()}
    return value


class Agent:
    """Does what the skill says, on one node."""

    def has(self, verb):
        return True

    def __init__(self, skill, program, directory, log):
        self.skill = skill
        self.program = program
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": directory,
            "VALENCE_DATA_DIR": directory,
        }
        self.log = log

    def do(self, verb, more=(), **variables):
        """Runs a command of the skill; what it answered."""
        template = self.skill.find(verb, variables)
        words = [VARIABLE.sub(lambda match: str(variables[match[1]]), word) for word in template]
        words += more
        self.log(f"$ {shlex.join(words)}")
        done = subprocess.run(
            [self.program, *words[1:]],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
        )
        if "--jsonl" in words:
            if done.returncode:
                raise Refused(json.loads(done.stderr.splitlines()[-1]))
            return [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode and not done.stdout.strip():
            raise Refused({"code": f"exit {done.returncode}", "detail": done.stderr.strip()})
        if "--json" not in words:
            return done.stdout
        answer = json.loads(done.stdout)
        if done.returncode:
            raise Refused(answer)
        return answer
