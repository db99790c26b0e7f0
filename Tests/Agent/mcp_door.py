"""The tools of a node, by the official client of the Model Context Protocol."""

import asyncio
import contextlib
import threading

from mcp import Client, StdioServerParameters
from skill import Refused


class Door:
    """Calls tools from code that does not wait for anything else."""

    def __init__(self, program, home):
        self.server = StdioServerParameters(command=program, args=["mcp", "--data-dir", home])
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.requests = None
        self.done = self.submit(self.serve())

    def submit(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    async def serve(self):
        """The client lives in one task, as its library wants it."""
        self.requests = asyncio.Queue()
        async with Client(self.server, read_timeout_seconds=180) as client:
            while (request := await self.requests.get()) is not None:
                answer, tool, arguments = request
                try:
                    answer.set_result(await client.call_tool(tool, arguments))
                except Exception as error:  # The caller is told, and goes on or not.
                    answer.set_exception(error)

    async def ask(self, tool, arguments):
        while self.requests is None:
            await asyncio.sleep(0.05)
        answer = self.loop.create_future()
        await self.requests.put((answer, tool, arguments))
        return await answer

    def __call__(self, tool, arguments):
        result = self.submit(self.ask(tool, arguments)).result(timeout=200)
        if result.is_error:
            raise Refused(result.structured_content)
        if tool == "proposal_artifact":
            return "\n".join(part.text for part in result.content if part.type == "text")
        return result.structured_content

    def close(self):
        if self.requests is not None:
            self.loop.call_soon_threadsafe(self.requests.put_nowait, None)
        with contextlib.suppress(Exception):
            self.done.result(timeout=10)
        self.loop.call_soon_threadsafe(self.loop.stop)
