"""A cold agent joins a network and takes part, knowing nothing but SKILL.md.

usage: story.py shell|tools|mcp PROGRAM SKILL.md

It finds requests, proposes, is superseded, votes for the better proposal, adopts it, and reads why its score moved.
Every command that it runs, or every tool, stands in the skill; every one of the skill is run.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from skill import Agent, Refused, Skill, ToolAgent
from town import Town, wait

# Seconds of a vote. All nodes share this machine, which may have other things to do.
VOTING = 40
SOON = 90
ME = "agent"
OTHERS = ["ada", "bob", "cyd"]


def log(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def expect(holds, what):
    if not holds:
        raise SystemExit(f"agent: {what}")
    log(f"  {what}")


class Story:
    def __init__(self, door, program, skill, folder):
        self.folder = pathlib.Path(folder)
        self.town = Town(program, folder, [*OTHERS, ME], log)
        home = self.town.directory(ME)
        self.door = None
        if door == "shell":
            self.agent = Agent(skill, program, home, log)
        elif door == "tools":
            self.agent = ToolAgent(skill, calls(program, home), log)
        else:
            # Needs a library of its own, which the other doors do without.
            from mcp_door import Door

            self.door = Door(program, home)
            self.agent = ToolAgent(skill, self.door, log)

    def end(self):
        if self.door:
            self.door.close()
        self.town.stop()

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def everybody(self):
        return self.town.identities

    # What others do; none of it is the agent's.

    def request(self, name, title, tag):
        return self.town.run(name, "request", "new", "--title", title, "--body", "Please.", "--tag", tag)["id"]

    def supersede(self, name, older, request):
        path = self.file("better.md", "# Better notes\n\n1. Say what changed.\n2. Say what to do.\n")
        return self.town.run(
            name, "proposal", "new", "--title", "Better release notes", "--file", path, "--content-type",
            "text/markdown", "--request", request, "--supersedes", older, "--deadline-seconds", str(VOTING),
        )["id"]

    def endorse(self, names, proposal):
        for name in names:
            known = lambda: proposal in [
                each["id"] for each in self.town.run(name, "proposal", "list")["proposals"]
            ]
            wait(f"{name} to hear of the proposal", SOON, known)
            self.town.run(name, "proposal", "vote", proposal, "endorse")

    # What the agent does.

    def look(self):
        ready = lambda: self.agent.do("status")["sync"]["state"] == "synced"
        wait("the node to be synced", SOON, ready)
        for name in OTHERS:
            synced = lambda: self.town.run(name, "status")["sync"]["state"] == "synced"
            wait(f"{name} to be synced", SOON, synced)
        standing = self.agent.do("rep show")
        expect(standing["overall"] >= 300_000, "the score permits to propose and to vote")
        return standing["overall"]

    def find(self, title):
        """A request with words that the agent looks for."""
        def look():
            return [
                each["id"] for each in self.agent.do("request list") if title in each["payload"]["title"]
            ]
        request = wait(f"a request `{title}`", SOON, look)[0]
        whole = self.agent.do("request show", REQUEST=request)
        expect(whole["proposals"] == [], "nobody has answered it yet")
        return request

    def propose(self, request, title, text):
        path = self.file(f"{title}.md", text)
        answer = self.agent.do(
            "proposal new", ["--deadline-seconds", str(VOTING)],
            TITLE=title, FILE=path, REQUEST=request, TAG="notes", BODY="It answers the request.",
        )
        return answer["id"]

    def newer(self, proposal):
        """The proposal that replaces an own one."""
        look = lambda: self.agent.do("proposal show", PROPOSAL=proposal)["superseded_by"]
        newer = wait("somebody to supersede the proposal", SOON, look)[0]
        listed = [each["id"] for each in self.agent.do("proposal list")]
        expect(newer in listed, "the newer proposal is in the list")
        path = str(self.folder / "read.md")
        self.agent.do("proposal show", PROPOSAL=newer, FILE=path)
        expect("Say what changed" in pathlib.Path(path).read_text(), "the agent has read the newer artefact")
        return newer

    def vote(self, proposal):
        trial = self.agent.do("proposal vote", PROPOSAL=proposal)
        expect(trial["dry_run"] and trial["accepted"] and trial["counts"], "a dry run says that a vote would count")
        answer = self.agent.do("proposal vote", PROPOSAL=proposal, REASON="It says what to do.")
        self.agent.do("proposal comment", PROPOSAL=proposal, TEXT="I have read it; it is better than mine.")
        if not self.agent.has("explain"):
            return
        said = self.agent.do("explain", MESSAGE=answer["id"])
        expect(said["outcome"] == "counted" and said["weight"] > 0, "its vote counts, says `explain`")
        why = self.agent.do("proposal why", PROPOSAL=proposal)
        expect(
            self.everybody()[ME] in [each["identity"] for each in why["counted"]],
            "`proposal why` lists the agent among those who count",
        )
        expect(len(why["bars"]) >= 3 and why["would_change"], "it names the bars and what would change it")

    def be_refused(self):
        """A proposal that nobody made: the refusal is explained by rule."""
        try:
            self.agent.do("proposal vote", PROPOSAL="0" * 64, REASON="There is none.")
        except Refused as refusal:
            answer = refusal.answer
        else:
            raise SystemExit("agent: a vote on nothing was taken")
        expect(answer["code"] == "unknown_proposal" and answer["detail"], "a vote on nothing is refused with a reason")
        if not self.agent.has("explain"):
            return
        said = self.agent.do("explain", MESSAGE=answer["message_id"])
        expect(
            said["outcome"] == "refused" and said["code"] == "unknown_proposal" and said["rule"] and said["remedy"],
            "`explain` names the rule of the refusal and what would help",
        )

    def adopt(self, proposal):
        state = lambda: self.agent.do("proposal show", PROPOSAL=proposal)["state"] == "ratified"
        wait("the vote to be won", VOTING + SOON, state)
        answer = self.agent.do("proposal adopt", PROPOSAL=proposal)
        expect("Say what" in pathlib.Path(answer["path"]).read_text(), "the adopted artefact is on disk")

    def learn(self, before):
        """Why the score moved."""
        def look():
            history = self.agent.do("rep explain")
            gains = [each for each in history["entries"] if each["change"] > 0 and "adopt" in each["cause"]]
            return (history, gains) if gains else None
        history, gains = wait("the score to move", SOON, look)
        log(f"  {gains[0]['change']} millionths: {gains[0]['cause']}")
        expect(history["overall"] > before, "the score rose, and the entries say why")

    def play(self):
        before = self.look()
        first = self.request("ada", "A way to write release notes", "notes")
        second = self.request("bob", "A checklist for reviews", "notes")
        first, second = self.find("release notes"), self.find("checklist")
        mine = self.propose(first, "Release notes", "# Notes\n\nWrite some.\n")
        own = self.propose(second, "Review checklist", "# Checklist\n\n1. Say what was read.\n")
        known = lambda: mine in [
            each["id"] for each in self.town.run("bob", "proposal", "list")["proposals"]
        ]
        wait("bob to hear of the proposal", SOON, known)
        theirs = self.supersede("bob", mine, first)
        newer = self.newer(mine)
        expect(newer == theirs, "the agent sees who superseded it")
        self.vote(newer)
        self.be_refused()
        if self.agent.has("proposal withdraw"):
            self.agent.do("proposal withdraw", PROPOSAL=mine, REASON="A better one is there.")
        self.endorse(OTHERS, newer)
        self.endorse(OTHERS, own)
        self.adopt(newer)
        ratified = lambda: self.agent.do("proposal show", PROPOSAL=own)["state"] == "ratified"
        wait("the own proposal to be ratified", VOTING + SOON, ratified)
        for name in OTHERS:
            there = lambda: self.town.run(name, "proposal", "show", own)["state"] == "ratified"
            wait(f"{name} to see it ratified", SOON, there)
            self.town.run(name, "proposal", "adopt", own)
        self.learn(before)
        if self.agent.has("content find"):
            self.agent.do("content find")
        if self.agent.has("inbox"):
            expect("items" in self.agent.do("inbox"), "the inbox says what waits")

    def improve(self):
        """The rest of the skill: a better version of somebody else's proposal."""
        request = self.request("cyd", "A greeting", "notes")
        self.find("greeting")
        path = self.file("hello.md", "Hello.\n")
        older = self.town.run(
            "cyd", "proposal", "new", "--title", "Hello", "--file", path, "--request", request,
            "--deadline-seconds", str(VOTING),
        )["id"]
        heard = lambda: older in [each["id"] for each in self.agent.do("proposal list")]
        wait("the agent to hear of it", SOON, heard)
        better = self.file("better-hello.md", "Hello, and welcome.\n")
        answer = self.agent.do(
            "proposal new", ["--deadline-seconds", str(VOTING)],
            TITLE="Hello and welcome", FILE=better, REQUEST=request, PROPOSAL=older, BODY="It says more.",
        )
        seen = lambda: answer["id"] in self.town.run("cyd", "proposal", "show", older)["superseded_by"]
        wait("others to see the better version", SOON, seen)
        expect(True, "the agent superseded a proposal of somebody else")


def calls(program, home):
    """Calls tools by the operations that they stand for, which take and answer the same."""
    def call(tool, arguments):
        words = [program, "call", tool, "--arguments", json.dumps(arguments), "--data-dir", home, "--json"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=180)
        if done.returncode:
            raise Refused(json.loads(done.stdout))
        return done.stdout if tool == "proposal_artifact" else json.loads(done.stdout)
    return call


def main(door, program, path):
    skill = Skill(pathlib.Path(path).read_text())
    folder = tempfile.mkdtemp(prefix="valence-agent-")
    story = None
    try:
        story = Story(door, str(pathlib.Path(program).resolve()), skill, folder)
        story.play()
        story.improve()
    finally:
        if story:
            story.end()
        shutil.rmtree(folder, ignore_errors=True)
    shown = skill.tools if door != "shell" else [tuple(command) for command in skill.commands]
    idle = [str(each) for each in shown if each not in skill.used]
    if idle:
        raise SystemExit(f"agent: what the skill shows and the agent never used: {'; '.join(idle)}")
    print(f"check-agent: a cold agent took part by the skill and its {door} alone")


if __name__ == "__main__":
    main(*sys.argv[1:])
