"""How much room a node takes in the context of a model."""

import json

from lab import expect
from schema import examples

TOOLS = 15
LIST_BYTES = 16 * 1024
INSTRUCTIONS_BYTES = 2 * 1024
RESULT_BYTES = 8 * 1024


def size(value):
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def catalogue(node):
    """at most 15 tools in 16 KiB, and 2 KiB of instructions"""
    for ask in (node.modern, node.legacy):
        _, answer = ask("tools/list")
        result = answer["result"]
        expect(len(result["tools"]) <= TOOLS, f"{len(result['tools'])} tools")
        expect(size(result) <= LIST_BYTES, f"{size(result)} bytes of tools")
        expect("nextCursor" not in result, "the list has pages")
    _, answer = node.modern("server/discover")
    expect(len(answer["result"]["instructions"].encode()) <= INSTRUCTIONS_BYTES, "too long instructions")


def whole(node, tool, arguments):
    """All pages of an answer; each is short enough."""
    pages = []
    cursor = None
    while len(pages) < 200:
        result = node.call(tool, {**arguments, **({"cursor": cursor} if cursor else {})})
        expect(not result["isError"], f"{tool}: {result}")
        page = result["structuredContent"]
        cursor = page.get("next_cursor")
        room = RESULT_BYTES + (size(cursor) + 20 if cursor else 0)
        expect(size(page) <= room, f"a page of {size(page)} bytes")
        expect(len(result["content"][0]["text"].encode()) <= room, "a longer text")
        expect(json.loads(result["content"][0]["text"]) == page, "the text says something else")
        pages.append(page)
        if not cursor:
            return pages
    raise AssertionError("no end")


def long_answers(node):
    """long answers come in pages, and nothing of them is lost"""
    body = "".join(f"line {number}: \"quoted\" \u00e9\n" for number in range(4000))
    asked = node.call("new_request", {"title": "Long", "body": body, "tags": []})
    expect(not asked["isError"], f"{asked}")
    pages = whole(node, "request", {"id": asked["structuredContent"]["id"]})
    texts = [page["payload"]["body"] for page in pages if "body" in page.get("payload", {})]
    inner = "".join(text.split("] ", 1)[1].rsplit(" [/peer", 1)[0] for text in texts)
    expect(inner == body, f"{len(inner)} of {len(body)} characters came back")


def lists(node):
    """all entries of a list come once, whatever the length of their pages"""
    made = set()
    for number in range(12):
        asked = node.call("new_request", {"title": f"{number} " + "x" * 480, "body": "", "tags": []})
        expect(not asked["isError"], f"{asked}")
        made.add(asked["structuredContent"]["id"])
    found = [r["id"] for page in whole(node, "requests", {}) for r in page["requests"]]
    expect(len(found) == len(set(found)) and made <= set(found), "entries are lost, or come twice")


def all_reads(node):
    """no answer of any tool is longer"""
    for tool, arguments in {**examples(node), "status": {}, "proposals": {"limit": 1000},
                            "inbox": {}}.items():
        if tool not in ("vote", "comment", "new_request", "propose"):
            whole(node, tool, arguments)


def checks(node):
    for check in (catalogue, long_answers, lists, all_reads):
        yield check.__doc__, lambda check=check: check(node)
