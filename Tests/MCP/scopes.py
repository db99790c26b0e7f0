"""What a token allows over MCP: a reader reads, and nobody without a token does anything."""

import json
import os
import subprocess

from lab import META, expect
from schema import examples


def token(node, scope):
    made = subprocess.run(
        [node.program, "token", "new", "--scope", scope, "--json", "--data-dir", node.folder],
        check=True, capture_output=True, text=True,
    )
    return json.loads(made.stdout)["token"]


def call(node, bearer, tool, arguments):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                       "params": {"name": tool, "arguments": arguments, "_meta": META}})
    status, _, text = node.send(body, {
        "Authorization": f"Bearer {bearer}", "MCP-Protocol-Version": META["io.modelcontextprotocol/protocolVersion"],
        "Mcp-Method": "tools/call", "Mcp-Name": tool})
    return status, json.loads(text)


def reader(node):
    """a reader reads, and is refused every act with what would help"""
    bearer = token(node, "read")
    _, answer = node.modern("tools/list")
    hints = {tool["name"]: tool["annotations"] for tool in answer["result"]["tools"]}
    _, listed = call(node, bearer, "proposals", {})
    expect(not listed["result"]["isError"], f"{listed}")
    fair = examples(node)
    for name, hint in hints.items():
        if not hint["readOnlyHint"]:
            _, refused = call(node, bearer, name, fair.get(name, {}))
            expect(refused["result"]["isError"], f"{name} was done for a reader")
            problem = refused["result"]["structuredContent"]
            expect(problem["code"] == "scope" and "token new" in problem["detail"], f"{problem}")


def actor(node):
    """with the scope act one acts"""
    _, answer = call(node, token(node, "act"), "new_request", {"title": "By a token", "body": "", "tags": []})
    expect(not answer["result"]["isError"], f"{answer}")


def nobody(node):
    """without a token, or with one that is none, nothing is told"""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    expect(node.send(body, token=False)[0] == 401, "no token is needed")
    expect(node.send(body, {"Authorization": "Bearer nonsense"})[0] == 401, "any token will do")


def environment(node):
    """valence-node mcp takes the node and the token that the environment names"""
    names = {"VALENCE_SERVER_URL": node.api, "VALENCE_TOKEN": token(node, "read"), "HOME": node.folder}
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "proposals", "arguments": {}, "_meta": META}},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
            "name": "new_request", "arguments": {"title": "x", "body": "", "tags": []}, "_meta": META}},
    ]
    outcome = subprocess.run(
        [node.program, "mcp"], input="\n".join(json.dumps(line) for line in lines) + "\n",
        env={"PATH": os.environ["PATH"], **names}, capture_output=True, text=True, timeout=30,
    )
    answers = {a["id"]: a["result"] for a in map(json.loads, outcome.stdout.splitlines())}
    expect(not answers[1]["isError"] and answers[2]["isError"], f"{outcome}")
    expect(answers[2]["structuredContent"]["code"] == "scope", f"{answers}")


def dry_run(node):
    """every act that signs offers a dry run, which sends nothing"""
    _, answer = node.modern("tools/list")
    for tool in answer["result"]["tools"]:
        if not tool["annotations"]["readOnlyHint"] and tool["name"] != "adopt":
            expect("dry_run" in tool["inputSchema"]["properties"], f"{tool['name']} has no dry run")
    before = node.call("requests", {"limit": 1000})["structuredContent"]["requests"]
    tried = node.call("new_request", {"title": "Unsent", "body": "", "tags": [], "dry_run": True})
    expect(not tried["isError"] and tried["structuredContent"]["dry_run"] is True, f"{tried}")
    after = node.call("requests", {"limit": 1000})["structuredContent"]["requests"]
    expect([r["id"] for r in before] == [r["id"] for r in after], "a dry run was sent")


def checks(node):
    for check in (reader, actor, nobody, environment, dry_run):
        yield check.__doc__, lambda check=check: check(node)
