"""What the official conformance suite asks of any server, under the names that it gives its checks."""

import json
import threading
import urllib.request

from clients import NOBODY
from lab import CAPABILITIES, CLIENT, LEGACY, META, MODERN, SUBSCRIPTION, VERSION, expect


def code(answer):
    return (answer or {}).get("error", {}).get("code")


def refused(outcome, status, error, id=1):
    got, answer = outcome
    expect(got == status and code(answer) == error, f"{got} {answer}, not {status} {error}")
    expect(answer.get("id") == id, f"sep-2575-http-server-error-jsonrpc-id: {answer}")


def meta(node):
    """sep-2575-request-meta-*"""
    for missing in (None, VERSION, CAPABILITIES):
        rest = None if missing is None else {k: v for k, v in META.items() if k != missing}
        refused(node.modern("server/discover", meta=rest), 400, -32602)
    status, answer = node.modern("server/discover", meta={k: v for k, v in META.items() if k != CLIENT})
    expect(status == 200 and "result" in answer, f"client-info-optional: {answer}")


def discovery(node):
    """sep-2575-server-implements-discover, -identifies-in-result-meta, -capabilities-match-handlers"""
    _, answer = node.modern("server/discover")
    result = answer["result"]
    expect(MODERN in result["supportedVersions"], f"{result}")
    info = result["_meta"]["io.modelcontextprotocol/serverInfo"]
    expect(info["name"] and info["version"], f"{info}")
    expect("prompts" not in result["capabilities"], "prompts are declared")
    refused(node.modern("prompts/list"), 404, -32601)
    expect("tools" in result["capabilities"] and "resources" in result["capabilities"], f"{result}")


def versions(node):
    """sep-2575-server-unsupported-version-error, -http-server-header-mismatch-400"""
    other = {**META, VERSION: "v999.0.0"}
    outcome = node.modern("server/discover", meta=other, headers={"MCP-Protocol-Version": "v999.0.0"})
    refused(outcome, 400, -32022)
    data = outcome[1]["error"]["data"]
    expect(data["requested"] == "v999.0.0" and MODERN in data["supported"], f"{data}")
    refused(node.modern("server/discover", meta=other), 400, -32020)


def methods(node):
    """sep-2575-http-server-method-not-found-404-*"""
    for method in ("initialize", "ping", "logging/setLevel", "resources/subscribe",
                   "resources/unsubscribe", "unknown/method"):
        refused(node.modern(method), 404, -32601)


def headers(node):
    """sep-2243-server-reject-invalid-headers, -accepts-whitespace, -header-name-case-insensitive"""
    for fields in ({"Mcp-Method": "prompts/list"}, {"Mcp-Method": None}, {"Mcp-Method": "TOOLS/LIST"},
                   {"MCP-Protocol-Version": None}):
        refused(node.modern("tools/list", headers=fields), 400, -32020)
    call = {"name": "status", "arguments": {}}
    for fields in ({"Mcp-Name": "wrong"}, {"Mcp-Name": None}, {"Mcp-Name": "=?base64?%%%?="}):
        refused(node.modern("tools/call", call, headers=fields), 400, -32020)
    for fields in ({"Mcp-Name": "  status  "}, {"Mcp-Name": "=?base64?c3RhdHVz?="}):
        status, answer = node.modern("tools/call", call, headers=fields)
        expect(status == 200 and "result" in answer, f"{fields}: {answer}")
    for name in ("mcp-method", "MCP-METHOD"):
        status, _ = node.modern("tools/list", headers={"Mcp-Method": None, name: "tools/list"})
        expect(status == 200, name)


def caching(node):
    """sep-2549-*"""
    for method, params in (("tools/list", {}), ("resources/list", {}), ("resources/templates/list", {}),
                           ("resources/read", {"uri": "valence://status"}), ("server/discover", {}),
                           ("skills/list", {})):
        _, answer = node.modern(method, params)
        result = answer["result"]
        expect(isinstance(result["ttlMs"], int) and result["ttlMs"] >= 0, f"{method}: {result}")
        expect(result["cacheScope"] in ("public", "private"), f"{method}: {result}")
        expect(result["resultType"] == "complete", f"{method}: {result}")


def resources(node):
    """resources-list, resources-read-text, resources-templates-read, sep-2164-*"""
    _, answer = node.modern("resources/list")
    listed = answer["result"]["resources"]
    expect(all(r["uri"] and r["name"] for r in listed) and listed, f"{listed}")
    for resource in listed:
        _, answer = node.modern("resources/read", {"uri": resource["uri"]})
        content = answer["result"]["contents"][0]
        expect(content["uri"] == resource["uri"] and json.loads(content["text"]), f"{content}")
    for uri in (f"valence://proposals/{NOBODY}", "valence://nothing", "skill://valence/a/b/SKILL.md"):
        status, answer = node.modern("resources/read", {"uri": uri})
        expect(code(answer) == -32602 and answer["error"]["data"]["uri"] == uri, f"{answer}")


def tools(node):
    """tools-list, tools-call-error"""
    _, answer = node.modern("tools/list")
    first = answer["result"]["tools"]
    expect(first == node.modern("tools/list")[1]["result"]["tools"], "another order")
    result = node.call("proposal", {"id": NOBODY})
    expect(result["isError"] and result["content"][0]["type"] == "text", f"{result}")
    refused(node.modern("tools/call", {"name": "no_such_tool", "arguments": {}}), 200, -32602)
    refused(node.modern("tools/call", {"arguments": {}}, headers={"Mcp-Name": None}), 200, -32602)


def rebinding(node):
    """localhost-host-rebinding-rejected, localhost-host-valid-accepted"""
    for host in ("evil.example.com", "127.0.0.1.evil.example", "localhost.evil.example:80"):
        status, _, _ = node.send("{}", {"Host": host, "Origin": f"http://{host}"})
        expect(status == 403, f"{host} got {status}")
    port = node.place.split(":")[1]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}"):
        status, answer = node.modern("server/discover", headers={"Host": host, "Origin": f"http://{host}"})
        expect(status == 200 and "result" in answer, f"{host} got {status}")


def ways(node):
    """405 for what is no POST, 202 for notifications, and nothing kept of sessions"""
    for method in ("GET", "DELETE"):
        status, fields, _ = node.send(None, method=method)
        expect(status == 405 and fields["Allow"] == "POST", f"{method} got {status}")
    note = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"})
    status, fields, text = node.send(note, {"MCP-Protocol-Version": LEGACY})
    expect(status == 202 and not text, f"a notification got {status} {text}")
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})
    status, fields, _ = node.send(body, {"Mcp-Session-Id": "x", "Last-Event-ID": "4"})
    expect(status == 200 and fields["Mcp-Session-Id"] is None, "a session is kept")
    expect(node.send(body, token=False)[0] == 401, "there is no need for a token")


def streams(node):
    """sep-2575-server-sends-subscription-ack, -tags-subscription-id, -honors-notification-filter"""
    def frames(id, filter, count, act=None):
        params = {"notifications": filter, "_meta": META}
        body = json.dumps({"jsonrpc": "2.0", "id": id, "method": "subscriptions/listen", "params": params})
        request = urllib.request.Request(node.url, body.encode(), {
            **node.headers, "Content-Type": "application/json", "Mcp-Method": "subscriptions/listen",
            "MCP-Protocol-Version": MODERN, "Accept": "text/event-stream",
        })
        found = []
        with urllib.request.urlopen(request, timeout=10) as answer:
            expect(answer.headers["Content-Type"] == "text/event-stream", "no stream")
            expect(answer.headers["X-Accel-Buffering"] == "no", "proxies would hold it back")
            for line in answer:
                if line.startswith(b"data: "):
                    found.append(json.loads(line[6:]))
                    if act and len(found) == 1:
                        act()
                if len(found) == count:
                    return found
        return found

    def act():
        node.call("new_request", {"title": "A change", "body": "", "tags": []})

    told = frames("a", {"resourceSubscriptions": ["valence://requests", "valence://nothing"],
                        "toolsListChanged": True}, 2, act)
    expect(told[0]["method"] == "notifications/subscriptions/acknowledged", f"{told}")
    expect(told[0]["params"]["notifications"] == {"resourceSubscriptions": ["valence://requests"]}, f"{told}")
    expect(told[1]["method"] == "notifications/resources/updated", f"{told}")
    expect(all(f["params"]["_meta"][SUBSCRIPTION] == "a" for f in told), f"{told}")
    # Several at once, beside calls.
    results = {}
    def listen(id):
        results[id] = frames(id, {}, 1)
    threads = [threading.Thread(target=listen, args=(id,)) for id in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect({f[0]["params"]["_meta"][SUBSCRIPTION] for f in results.values()} == {0, 1, 2}, f"{results}")
    refused(node.modern("subscriptions/listen", {}), 200, -32602)


def checks(node):
    for check in (meta, discovery, versions, methods, headers, caching, resources, tools, rebinding, ways,
                  streams):
        yield check.__doc__, lambda check=check: check(node)
