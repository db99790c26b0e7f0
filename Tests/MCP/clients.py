"""The official client of today: in each mode, over both transports."""

import contextlib

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from lab import LEGACY, MODERN, expect

MODES = {"auto": MODERN, "legacy": LEGACY, MODERN: MODERN}
NOBODY = "0" * 64


@contextlib.asynccontextmanager
async def connected(node, transport, mode):
    if transport == "stdio":
        program, *arguments = node.command
        server = StdioServerParameters(command=program, args=arguments)
        async with Client(server, mode=mode, read_timeout_seconds=20) as client:
            yield client
        return
    async with httpx2.AsyncClient(headers=node.headers, timeout=20) as http:
        server = streamable_http_client(node.url, http_client=http)
        async with Client(server, mode=mode, read_timeout_seconds=20) as client:
            yield client


async def talk(node, transport, mode):
    """Everything that a client does; it checks each answer against the schema of its revision itself."""
    async with connected(node, transport, mode) as client:
        expect(client.protocol_version == MODES[mode], f"speaks {client.protocol_version}")
        if mode != MODERN:
            # A client that was told the revision beforehand has not asked who is there.
            expect(client.server_info.name == "valence-node", "another server")
            expect("[peer" in client.instructions, "no instructions")
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        expect("vote" in tools and "proposals" in tools, f"tools are {sorted(tools)}")
        listed = await client.call_tool("proposals", {})
        expect(not listed.is_error, f"proposals: {listed}")
        expect(listed.structured_content["proposals"] == [], "proposals in a fresh node")
        refused = await client.call_tool("proposal", {"id": NOBODY})
        expect(refused.is_error, "an unknown proposal is no error")
        expect(refused.structured_content["code"] == "unknown_proposal", f"{refused}")
        wrong = await client.call_tool("proposal", {"id": "nonsense"})
        expect(wrong.is_error and wrong.structured_content["code"] == "bad_request", f"{wrong}")
        resources = {resource.uri for resource in (await client.list_resources()).resources}
        expect("valence://status" in resources, f"resources are {resources}")
        inbox = await client.call_tool("inbox", {})
        expect(not inbox.is_error and "items" in inbox.structured_content, f"{inbox}")
        templates = (await client.list_resource_templates()).resource_templates
        expect(any(t.uri_template == "valence://proposals/{id}" for t in templates), f"{templates}")
        status = await client.read_resource("valence://status")
        expect(status.contents[0].mime_type == "application/json", f"{status}")
        try:
            await client.read_resource(f"valence://proposals/{NOBODY}")
        except MCPError as error:
            code = -32602 if client.protocol_version == MODERN else -32002
            expect(error.error.code == code, f"{error.error}")
        else:
            expect(False, "an unknown resource can be read")
        try:
            await client.call_tool("no_such_tool", {})
        except MCPError as error:
            expect(error.error.code == -32602, f"{error.error}")
        else:
            expect(False, "an unknown tool can be called")


async def listening(node, transport):
    """A listener hears of a change that somebody else made."""
    async with connected(node, transport, MODERN) as client:
        async with client.listen(resource_subscriptions=["valence://requests"]) as subscription:
            expect(subscription.honored.resource_subscriptions == ["valence://requests"], "not taken")
            asked = await client.call_tool(
                "new_request",
                {"title": f"Heard over {transport}?", "body": "Say so.", "tags": ["check"]},
            )
            expect(not asked.is_error, f"{asked}")
            event = await anext(aiter(subscription))
            expect(event.uri == "valence://requests", f"{event}")


def checks(node):
    for transport in ("http", "stdio"):
        for mode in MODES:
            yield f"{transport} in mode {mode}", lambda t=transport, m=mode: talk(node, t, m)
        yield f"{transport}: a listener is told", lambda t=transport: listening(node, t)
