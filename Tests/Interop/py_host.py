"""A py-libp2p host in a process of its own, commanded by JSON lines on standard input.

Of its own, because closing such a host can hang and an exception in one stream can end it.
"""

import functools
import json
import logging
import os
import sys
import time

import protobuf as pb
import trio
import valence
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.custom_types import TProtocol
from libp2p.network.stream.exceptions import StreamEOF
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11, GossipSub
from libp2p.pubsub.pubsub import Pubsub
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr


# For one command.
SECONDS = 50
# Requests on their way at once: a host reads 16 at most, so that nobody fills its memory.
SENDING_MAX = 4


def say(document: dict) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


async def read_exactly(stream, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        chunk = await stream.read(count - len(data))
        if not chunk:
            raise EOFError("the stream ended early")
        data += chunk
    return bytes(data)


async def read_frame(stream) -> bytes:
    head = await read_exactly(stream, 4)
    return await read_exactly(stream, int.from_bytes(head, "big"))


async def read_to_end(stream) -> bytes:
    """All bytes until the other side half-closes."""
    data = bytearray()
    while True:
        try:
            chunk = await stream.read(65_536)
        except StreamEOF:
            return bytes(data)
        if not chunk:
            return bytes(data)
        data += chunk


async def echo(stream) -> None:
    """Sends everything back, once the other side has said all."""
    try:
        await stream.write(await read_to_end(stream))
        await stream.close()
    except Exception as error:
        say({"event": "problem", "text": repr(error)})


async def answer_auth(key: valence.Key, answers: bool, stream) -> None:
    try:
        asked = await read_frame(stream)
        say({"event": "challenged", "frame": asked.hex()})
        if not answers:
            return
        await stream.write(valence.frame(valence.answer_challenge(key, asked)))
        await stream.close()
    except Exception as error:
        say({"event": "problem", "text": repr(error)})


class Commands:
    """What the parent may ask for; the result is hex where it is bytes."""

    def __init__(self, host, pubsub):
        self.host = host
        self.pubsub = pubsub

    async def connect(self, address: str) -> None:
        await self.host.connect(info_from_p2p_addr(Multiaddr(address)))

    async def disconnect(self, peer: str) -> None:
        await self.host.disconnect(ID.from_base58(peer))

    async def is_connected(self, peer: str) -> bool:
        return ID.from_base58(peer) in self.host.get_connected_peers()

    async def publish(self, topic: str, data: str) -> None:
        """Publishes as soon as somebody listens: what py-libp2p sends to nobody is lost."""
        while not await self.has_listener(topic):
            await trio.sleep(0.05)
        await self.pubsub.publish(topic, bytes.fromhex(data))

    async def has_listener(self, topic: str) -> bool:
        subscribed = self.pubsub.peer_topics.get(topic, ())
        return any(peer in self.pubsub.peers for peer in subscribed)

    async def exchange(self, peer: str, protocol: str, document: str) -> str:
        stream = await self._stream(peer, protocol)
        await stream.write(valence.frame(bytes.fromhex(document)))
        await stream.close_write()
        return (await read_frame(stream)).hex()

    async def ping(self, peer: str, payload: str) -> str:
        stream = await self._stream(peer, "/ipfs/ping/1.0.0")
        await stream.write(bytes.fromhex(payload))
        answer = await read_exactly(stream, len(payload) // 2)
        await stream.close()
        return answer.hex()

    async def pour(self, peer: str, size: int, ahead: int) -> None:
        stream = await self._stream(peer, "/ipfs/ping/1.0.0")
        sent, echoed = os.urandom(size), bytearray()
        await stream.write(sent[:ahead])
        while len(echoed) < size:
            chunk = await stream.read(65_536)
            start = ahead + len(echoed)
            echoed += chunk
            if start < size:
                await stream.write(sent[start : start + len(chunk)])
        assert echoed == sent, "the echo differs"
        await stream.close_write()
        assert await read_to_end(stream) == b"", "the echo did not end with what it echoes"

    async def echo(self, peer: str, count: int, size: int, at_once: int) -> None:
        streams, places = trio.Semaphore(at_once), trio.Semaphore(SENDING_MAX)

        async def one() -> None:
            document = os.urandom(size)
            async with streams:
                async with places:
                    stream = await self._stream(peer, valence.ECHO)
                    await stream.write(valence.frame(document))
                    await stream.close_write()
                assert await read_frame(stream) == document, "the echo differs"

        async with trio.open_nursery() as nursery:
            for _ in range(count):
                nursery.start_soon(one)

    async def identify(self, peer: str) -> str:
        stream = await self._stream(peer, "/ipfs/id/1.0.0")
        head = b""
        while not head or head[-1] > 0x7F:
            head += await read_exactly(stream, 1)
        return (await read_exactly(stream, pb.read_varint(head)[0])).hex()

    async def _stream(self, peer: str, protocol: str):
        return await self.host.new_stream(ID.from_base58(peer), [TProtocol(protocol)])


async def carry_out(commands: Commands, command: dict) -> None:
    number, name, arguments = command["id"], command["do"], command["with"]
    try:
        with trio.fail_after(SECONDS):
            result = await getattr(commands, name)(*arguments)
        say({"id": number, "result": result})
    except Exception as error:
        say({"id": number, "error": repr(error)})


async def listen_to_parent(commands: Commands, nursery) -> None:
    buffer = b""
    async with trio.lowlevel.FdStream(os.dup(0)) as stream:
        async for chunk in stream:
            *lines, buffer = (buffer + chunk).split(b"\n")
            for line in lines:
                nursery.start_soon(carry_out, commands, json.loads(line))
    # The parent is gone, and so is the reason to be.
    os._exit(0)


async def forward(subscription, topic: str) -> None:
    while True:
        message = await subscription.get()
        say({"event": "message", "topic": topic, "data": message.data.hex()})


async def main(seed: str, answers: bool, port: str, topics: list[str]) -> None:
    key = valence.Key(bytes.fromhex(seed))
    if answers:
        key.proof
    host = new_host(key_pair=create_new_key_pair(key.seed))
    host.set_stream_handler(
        TProtocol(valence.AUTH), functools.partial(answer_auth, key, answers)
    )
    host.set_stream_handler(TProtocol(valence.ECHO), echo)
    router = GossipSub(
        protocols=[PROTOCOL_ID_V11], degree=3, degree_low=2, degree_high=4, heartbeat_interval=1
    )
    pubsub = Pubsub(host, router)
    async with (
        host.run(listen_addrs=[Multiaddr(f"/ip4/127.0.0.1/tcp/{port}")]),
        trio.open_nursery() as nursery,
        background_trio_service(pubsub),
        background_trio_service(router),
    ):
        await pubsub.wait_until_ready()
        for topic in topics:
            nursery.start_soon(forward, await pubsub.subscribe(topic), topic)
        say({"event": "ready", "address": str(host.get_addrs()[0])})
        await listen_to_parent(Commands(host, pubsub), nursery)


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    try:
        trio.run(main, sys.argv[1], sys.argv[2] == "answers", sys.argv[3], sys.argv[4:])
    except BaseException as error:
        say({"event": "died", "text": repr(error), "at": time.time()})
        raise
