"""Every kind of answer against the schema of its revision, and what tools answer against what they declare."""

import jsonschema
from mcp_types import methods

import lab
from clients import NOBODY
from lab import LEGACY, MODERN, expect

CALLS = [
    ("tools/list", {}), ("resources/list", {}), ("resources/templates/list", {}),
    ("tools/call", {"name": "status", "arguments": {}}),
    ("tools/call", {"name": "proposals", "arguments": {}}),
    ("tools/call", {"name": "proposal", "arguments": {"id": NOBODY}}),
    ("tools/call", {"name": "vote", "arguments": {"id": NOBODY, "stance": "abstain"}}),
    ("resources/read", {"uri": "valence://status"}), ("resources/read", {"uri": "valence://proposals"}),
]


def wire(node):
    """mcp-types takes each answer of both eras"""
    hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    for version, ask, more in ((MODERN, node.modern, [("server/discover", {})]),
                               (LEGACY, node.legacy, [("initialize", hello), ("ping", {})])):
        for method, params in CALLS + more:
            status, answer = ask(method, params)
            expect(status == 200 and set(answer) == {"jsonrpc", "id", "result"}, f"{method}: {answer}")
            methods.validate_server_result(method, version, answer["result"])


def declared(node):
    """tools declare schemas that are valid, and keep to them; those that need no luck succeed"""
    _, answer = node.modern("tools/list")
    fair = examples(node)
    for tool in answer["result"]["tools"]:
        for schema in (tool["inputSchema"], tool["outputSchema"]):
            jsonschema.Draft202012Validator.check_schema(schema)
        expect(set(tool["annotations"]) == {
            "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}, f"{tool}")
        result = node.call(tool["name"], fair.get(tool["name"], {}))
        expect(not result["isError"] or tool["name"] not in fair, f"{tool['name']}: {result}")
        if not result["isError"]:
            jsonschema.validate(result["structuredContent"], tool["outputSchema"])


def examples(node):
    """Fair arguments of tools; an identity may propose three times a week."""
    known = getattr(node, "known", None)
    if known is None:
        request = node.call("new_request", {"title": "wanted", "body": "A check.", "tags": ["tools"]})
        offered = node.call("propose", {
            "title": "offered", "body": "A check.", "content_type": "text/plain", "content_text": "Look.",
        })
        expect(not request["isError"] and not offered["isError"], f"{request} {offered}")
        known = node.known = (request["structuredContent"]["id"], offered["structuredContent"]["id"])
    request, proposal = known
    return {
        "request": {"id": request}, "proposal": {"id": proposal}, "proposal_artifact": {"id": proposal},
        "vote": {"id": proposal, "stance": "abstain"}, "comment": {"id": proposal, "body": "Fine."},
        "reputation": {"id": node_id(node)}, "explain": {"id": proposal}, "inbox": {},
        "new_request": {"title": "again", "body": "", "tags": []},
        "propose": {"title": "again", "body": "", "content_type": "text/plain", "content_text": "Look."},
    }


def node_id(node):
    return node.call("status")["structuredContent"]["identity"]["node_id"]


def checks(node):
    for check in (wire, declared):
        yield check.__doc__, lambda check=check: check(node)
