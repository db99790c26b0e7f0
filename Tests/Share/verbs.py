"""Looks for every verb of the program in its man pages and in the completions of shells.

usage: valence-node --experimental-dump-help | verbs.py FOLDER
"""

import json
import pathlib
import re
import sys

NAME = "valence-node"


def commands(command, words):
    """Every command that does something, with the words that call it."""
    below = [each for each in command.get("subcommands", []) if each["commandName"] != "help"]
    if not below:
        yield words, command
    for each in below:
        yield from commands(each, words + [each["commandName"]])


def plain(page):
    """The text of a page without its macros and escapes."""
    text = re.sub(r"\\f[BIR]", "", page).replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")
    return " ".join(text.split())


def main(folder):
    root = json.load(sys.stdin)["command"]
    folder = pathlib.Path(folder)
    pages = {path.stem: plain(path.read_text()) for path in (folder / "man/man1").glob("*.1")}
    scripts = {
        "bash": (folder / "bash-completion/completions/valence-node").read_text(),
        "zsh": (folder / "zsh/site-functions/_valence-node").read_text(),
        "fish": (folder / "fish/vendor_completions.d/valence-node.fish").read_text(),
    }
    faults = []
    found = list(commands(root, []))
    for words, command in found:
        page = pages.get(f"{NAME}-{words[0]}", "")
        if " ".join([NAME, *words]) not in page:
            faults.append(f"no man page has `{' '.join(words)}`")
        for argument in command.get("arguments", []):
            if not argument["shouldDisplay"]:
                continue
            names = ["--" + name["name"] for name in argument.get("names") or [] if name["kind"] == "long"]
            faults += [f"the page of `{' '.join(words)}` lacks {name}" for name in names if name not in page]
            for shell, script in scripts.items():
                faults += [f"{shell} lacks {name[2:]}" for name in names if name[2:] not in script]
        for shell, script in scripts.items():
            faults += [f"{shell} lacks `{word}`" for word in words if not re.search(rf"\b{re.escape(word)}\b", script)]
    overview = pages.get(NAME, "")
    for section in ["EXIT STATUS", "ENVIRONMENT", "FILES"]:
        if section not in overview:
            faults.append(f"the page of the program has no section {section}")
    for code, word in [("0", "done"), ("4", "refused"), ("5", "timed out")]:
        for name, page in pages.items():
            if f".TP {code} {word}" not in page:
                faults.append(f"{name} does not say that {code} means {word}")
    stray = set(pages) - {NAME} - {f"{NAME}-{words[0]}" for words, _ in found}
    faults += [f"{name} is a page of no command" for name in stray]
    for fault in sorted(set(faults)):
        print(f"check-share: {fault}", file=sys.stderr)
    return 1 if faults or len(found) < 30 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
