"""What the official client of yesterday (mcp 1.x) does with a node, over both transports.

usage: before.py URL TOKEN COMMAND...
"""

import sys

import anyio
from mcp import ClientSession, McpError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client

NOBODY = "0" * 64


async def talk(read, write, name):
    async with ClientSession(read, write) as session:
        hello = await session.initialize()
        assert hello.protocolVersion == "2025-11-25", hello
        await session.send_ping()
        names = [tool.name for tool in (await session.list_tools()).tools]
        assert "vote" in names, names
        # The client itself compares an answer with the schema that the tool declares.
        listed = await session.call_tool("proposals", {"limit": 3})
        assert not listed.isError, listed
        refused = await session.call_tool("vote", {"id": NOBODY, "stance": "endorse"})
        assert refused.isError and refused.structuredContent["code"], refused
        read_back = await session.read_resource("valence://status")
        assert read_back.contents[0].text.startswith("{"), read_back
        try:
            await session.call_tool("no_such_tool", {})
        except McpError as error:
            assert error.error.code == -32602, error
        else:
            raise AssertionError("an unknown tool can be called")
    print(f"check-mcp: yesterday's client over {name}", flush=True)


async def main(url, token, program, *arguments):
    headers = {"Authorization": f"Bearer {token}"}
    async with streamablehttp_client(url, headers=headers) as (read, write, _):
        await talk(read, write, "http")
    server = StdioServerParameters(command=program, args=list(arguments))
    async with stdio_client(server) as (read, write):
        await talk(read, write, "stdio")


anyio.run(main, *sys.argv[1:])
