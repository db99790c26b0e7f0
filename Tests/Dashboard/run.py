"""Looks at the dashboard of a node among others in a browser, as its operator does.

usage: run.py [FOLDER FOR SCREENSHOTS]

Real nodes on loopback have a proposal with a hostile title, votes, a comment and artefacts. Headless Chromium reads every
page at the widths of a telephone and of a desk, with scripts and without, and axe looks for what keeps people out.
"""

import json
import re
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from browser import Browser
from networks import Network
from node import Node, Place, eventually

PAGES = ["", "proposals", "reputation", "peers", "storage", "sync", "topology", "events"]
# Between them they have all colours that there are.
COLOURFUL = ["", "proposals", "topology"]
WIDTHS = [390, 1280]
BYTES_MAX = 100_000
# What a stranger writes who wants to be more than read: elements, attributes, a template, turned and hidden letters.
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \"' {{version}} \u202etxet\u202c\u200b "
    "\"\u0301 onfocus=alert(3) autofocus"
)


def expect(holds, what):
    if not holds:
        raise SystemExit(f"check-dashboard: {what}")


class Lab(Network):
    """A network with something to see."""

    def furnish(self) -> None:
        self.nodes = self.found([Place() for _ in range(3)], "--no-mdns")
        self.node, *others = self.nodes
        self.proposal = self.propose(HOSTILE, HOSTILE)
        self.propose("Check every link of the handbook once a week", "Links die quietly.")
        for other in others:
            other.command("storage", "offer", "50000000")
            eventually("the proposals arrive", lambda: len(other.proposals()) == 2)
        self.vote(others[0], "endorse", HOSTILE)
        self.vote(others[1], "reject", "It wants to be more than read.")
        comment = json.dumps({"body": HOSTILE}).encode()
        others[0].ask("POST", f"/v1/proposals/{self.proposal}/comment", comment, "application/json")
        self.node.command("storage", "offer", "20000000")
        path = self.root / "notes.txt"
        path.write_text("an artefact\n")
        self.node.command("content", "share", str(path))
        eventually("the votes arrive", lambda: self.shown()["tally"]["voters"] == 2)
        eventually("the comment arrives", lambda: self.shown()["comments"])

    def propose(self, title: str, body: str) -> str:
        proposal = {
            "title": title, "body": body, "description": title[:60], "content_type": "text/plain",
            "content_text": title,
        }
        return self.node.ask("POST", "/v1/proposals", json.dumps(proposal).encode(), "application/json")["id"]

    def vote(self, voter: Node, stance: str, reason: str) -> None:
        body = json.dumps({"stance": stance, "reason": reason}).encode()
        voter.ask("POST", f"/v1/proposals/{self.proposal}/vote", body, "application/json")

    def shown(self) -> dict:
        return self.node.command("proposal", "show", self.proposal)

    @property
    def pages(self) -> list[str]:
        return [*PAGES, f"proposals/{self.proposal}"]


def check_doors(lab: Lab) -> None:
    """A link opens once; without a session, and from elsewhere, there is nothing to see."""
    link = lab.node.command("dashboard")["url"]
    base = link.split("/enter")[0]

    def ask(url: str, **headers) -> tuple[int, str, dict]:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers

    status, _, headers = ask(link)
    expect(status == 200, f"the link was answered with {status}")
    cookie = headers["Set-Cookie"]
    for word in ["HttpOnly", "SameSite=Strict", "Path=/dashboard"]:
        expect(word in cookie, f"the cookie has no {word}: {cookie}")
    cookie = cookie.split(";")[0]
    expect(ask(link)[0] == 401, "the link opened twice")
    expect(ask(f"{base}/")[0] == 401, "there is a page without a session")
    expect(ask(f"{base}/", Cookie=cookie)[0] == 200, "the session shows no page")
    expect(ask(f"{base}/", Cookie=cookie, Host="rebound.example")[0] == 403, "a foreign host is served")
    expect(ask(f"{base}/", Cookie=cookie, Origin="http://a.example")[0] == 403, "a foreign page is served")
    expect(ask(f"{lab.node.api}/v1/status", Cookie=cookie)[0] == 401, "the JSON API takes cookies")
    for page in lab.pages:
        status, text, headers = ask(f"{base}/{page}", Cookie=cookie)
        expect(status == 200, f"/{page} was answered with {status}")
        files = set(re.findall(r'(?:src|href)="(/dashboard/[a-z]+\.[a-z]+)"', text))
        expect(len(files) == 3, f"/{page} refers to {files}")
        whole = len(text.encode()) + sum(len(ask(f"{lab.node.api}{file}")[1].encode()) for file in files)
        expect(whole <= BYTES_MAX, f"/{page} has {whole} bytes")
        expect("default-src 'none'" in headers["Content-Security-Policy"], f"/{page} has no policy")
        print(f"check-dashboard: /{page[:20]} has {whole} bytes with all that belongs to it")


def figures(browser: Browser) -> list[str]:
    """What a page says, but for how long the node runs."""
    lines = [line for line in browser.main_text().splitlines() if line.strip()]
    return [line for before, line in zip(["", *lines], lines) if before != "Running for"]


def is_same(page: str, browser: Browser, plain: Browser) -> bool:
    """Whether both say the same; nodes talk meanwhile, so that a figure may change in between."""
    for _ in range(5):
        plain.visit(page, WIDTHS[0])
        browser.visit(page, WIDTHS[0])
        if figures(plain) == figures(browser):
            return True
    return False


def check_access(browser: Browser, where: str) -> None:
    """Nothing keeps people out."""
    found = browser.findings()
    expect(not found, f"{where}: {found}")


def check_pages(lab: Lab, browser: Browser, plain: Browser, shots: Path | None) -> None:
    for width in WIDTHS:
        for page in lab.pages:
            browser.visit(page, width)
            where = f"/{page[:20]} at {width} px"
            expect(browser.width() <= width, f"{where} is {browser.width()} px wide")
            check_access(browser, where)
            expect(browser.is_calm(), f"{where}: a stranger's text became more than text")
            if width == WIDTHS[1] and page.split("/")[0] in COLOURFUL:
                with browser.darkness():
                    check_access(browser, f"{where}, in the dark")
            if shots:
                browser.picture(shots / f"{page.split('/')[-1][:12] or 'overview'}-{width}.png")
    expect(browser.is_live() and not plain.is_live(), "scripts are on or off in the wrong browser")
    for page in lab.pages:
        # The bus never rests, so of its page the names have to do.
        if page == "topology":
            plain.visit(page, WIDTHS[0])
            expect("StorageMarket" in plain.main_text(), "without scripts there is no bus")
        else:
            expect(is_same(page, browser, plain), f"/{page} tells something else without scripts")


def check_texts(lab: Lab, browser: Browser) -> None:
    """The hostile title is there, letter by letter, with what it hid."""
    browser.visit(f"proposals/{lab.proposal}", 1280)
    title = browser.heading()
    expect("<script>alert(1)</script><img src=x onerror=alert(2)>" in title, f"the title is {title!r}")
    expect("\\u{202E}txet\\u{202C}\\u{200B}" in title, f"the title hides letters: {title!r}")
    expect("{{version}}" in title, f"the title was filled in: {title!r}")
    expect("\u202e" not in browser.main_text(), "a page turns the direction of writing")


def check_policy(browser: Browser) -> None:
    """Even an element that came into a page would do nothing."""
    browser.visit("", 1280)
    browser.inject()
    expect(browser.is_calm(), "a script within the page ran")
    expect(browser.cookies() == "", "scripts see the cookie")


def check_life(lab: Lab, browser: Browser) -> None:
    """A page changes by itself, and stands still when it is told to."""
    browser.visit("", 1280)
    mark = browser.leave_mark()
    before = browser.figure("Proposals known")
    lab.propose("A third one", "To be seen at once.")
    eventually("the page shows it", lambda: browser.figure("Proposals known") != before, 15)
    expect(browser.has_mark(mark), "the page was loaded anew")
    browser.press_pause()
    paused = browser.figure("Running for")
    time.sleep(6)
    expect(browser.figure("Running for") == paused, "a paused page went on")


def main(shots: Path | None) -> None:
    root = Path(tempfile.mkdtemp(prefix="valence-dashboard-"))
    lab = Lab(root, "lab")
    browsers: list[Browser] = []
    began = time.monotonic()
    try:
        lab.furnish()
        print(f"check-dashboard: three nodes have something to see after {time.monotonic() - began:.0f} s")
        check_doors(lab)
        for has_scripts in [True, False]:
            browsers.append(Browser(lab.node.command("dashboard")["url"], has_scripts))
        check_pages(lab, *browsers, shots)
        check_texts(lab, browsers[0])
        check_policy(browsers[0])
        check_life(lab, browsers[0])
    finally:
        for browser in browsers:
            browser.close()
        lab.stop()
        shutil.rmtree(root, ignore_errors=True)
    print(f"check-dashboard: all pages are well after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
