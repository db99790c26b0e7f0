"""Stages of circuit relay, AutoNAT and hole punching: the stack among daemons of go-libp2p.

The router of these daemons ignores relayed connections, so through a relay they are talked to on
streams; messages go between hosts of the stack. No relay follows a topic, or messages would have
another way.
"""

import os
import time

import public_network
from go_peer import GoPeer
from node import eventually
from stack_stages import carry
from stage import Stage
from swarm_peer import SwarmPeer

GO_SERVES = ("-forceReachabilityPublic", "-autonat")


def behind(relay) -> tuple[str, ...]:
    """Options of a daemon that is reached through this relay."""
    # The daemon asks for -dht beside -autoRelay; nobody here speaks it. With -autonat it punches holes.
    static = ("-autoRelay", "-dht", "-relayDiscovery=false", f"-trustedRelays={relay.address}")
    return (*static, "-forceReachabilityPrivate", "-autonat")


def call(caller, called, relay) -> None:
    """Connects through a relay, once the called peer has its place there."""
    way = f"{relay.address}/p2p-circuit/p2p/{called.key.peer_id}"

    def has_dialled() -> bool:
        try:
            caller.connect(way)
        except AssertionError:
            return False
        return True

    eventually("a connection through the relay", has_dialled)


def is_relayed(peer, other) -> bool:
    """Whether a peer sees another one behind a relay, and nowhere else."""
    seen = peer.addresses_of(other.key.peer_id)
    return bool(seen) and all("/p2p-circuit" in address for address in seen)


def is_direct(peer, other) -> bool:
    return any("/p2p-circuit" not in address for address in peer.addresses_of(other.key.peer_id))


def ask(asker, asked) -> None:
    """Streams that one side opens; a circuit carries 128 KiB."""
    # Daemons give up both ways at a half-close.
    stays_open = [True] if isinstance(asker, SwarmPeer) and isinstance(asked, GoPeer) else []
    asker.echo(asked.key.peer_id, 20, 1_000, 4, *stays_open)


def talk(one, other, with_messages: bool) -> None:
    """What two peers say to each other, in both directions."""
    for peer, its in ((one, other), (other, one)):
        ask(peer, its)
        if isinstance(peer, GoPeer):
            payload = os.urandom(32)
            assert peer.ping(its.key.peer_id, payload) == payload
    if with_messages:
        # Routers need a moment to tell what they follow.
        time.sleep(2)
        carry(one, other)
        carry(other, one)


class Relayed(Stage):
    """A host is reached through a relay, on 127.0.0.1, where no connection becomes a direct one."""

    def by_go(self) -> None:
        self.relay = self.start(GoPeer, topics=(), options=GO_SERVES)
        self.called = self.start(SwarmPeer, reach="unreachable")
        self.called.connect(self.relay.address)
        self._is_called_by(self.start(SwarmPeer))

    def by_stack(self) -> None:
        self.relay = self.start(SwarmPeer, topics=(), reach="reachable")
        # The daemon refuses a place whose voucher does not hold.
        self.called = self.start(GoPeer, options=behind(self.relay))
        self._is_called_by(self.start(SwarmPeer))

    def from_go(self) -> None:
        self._is_called_by(self.start(GoPeer, options=()))

    def _is_called_by(self, caller) -> None:
        call(caller, self.called, self.relay)
        routers = isinstance(caller, SwarmPeer) and isinstance(self.called, SwarmPeer)
        talk(caller, self.called, with_messages=routers)
        assert is_relayed(caller, self.called) and is_relayed(self.called, caller)


class Reach(Stage):
    """Hosts at public addresses find out whether they can be reached, and reach each other."""

    # Nobody listens there; whoever says so is dialled in vain.
    closed = f"/ip4/{public_network.address(0)}/tcp/1"

    def agree_that_reached(self) -> None:
        """Four daemons in four networks dial the host."""
        self.daemons = [
            self.start(GoPeer, topics=(), ip=public_network.address(number), options=GO_SERVES)
            for number in range(1, 5)
        ]
        # Where it is seen when it dials is where it listens.
        host = self.start(SwarmPeer, ip=public_network.address(0))
        for daemon in self.daemons:
            assert host.reachability == "unknown", "fewer than four were enough"
            host.connect(daemon.address)
        eventually("the verdict", lambda: host.reachability == "reachable")

    def dial_back(self) -> None:
        """A daemon asks a host of the stack, and believes what it hears."""
        host = self.start(SwarmPeer, ip=public_network.address(5))
        go = self.start(GoPeer, ip=public_network.address(0), options=())
        go.connect(host.address)
        eventually("the verdict", lambda: go.has_noted("NAT status is public"), seconds=30)

    def agree_that_not_reached(self) -> None:
        """The host is seen where it does not listen, and takes places at daemons by itself."""
        self.hidden = self.start(SwarmPeer, ip=public_network.address(6))
        self._connect_to_daemons(self.hidden)
        # A daemon says that a dial failed after 15 s, whatever happened.
        eventually("the verdict", lambda: self.hidden.reachability == "unreachable", seconds=30)
        eventually("the places", lambda: len(self.hidden.relayed) == len(self.daemons))

    def _connect_to_daemons(self, peer) -> None:
        for daemon in self.daemons:
            peer.connect(daemon.address)

    def be_dialled_by_caller(self) -> None:
        """The called host dials its caller, where that says it listens."""
        caller = self.start(SwarmPeer, ip=public_network.address(7))
        self._become_direct(caller, self.hidden)

    def punch(self) -> None:
        """The called host dials its caller in vain, and then both dial each other."""
        caller = self.start(SwarmPeer, announce=self.closed, ip=public_network.address(8))
        self._become_direct(caller, self.hidden)

    def punch_with_go_called(self) -> None:
        """The daemon dials its caller in vain, and then both dial each other."""
        called = self.start(GoPeer, ip=public_network.address(0), options=behind(self.daemons[0]))
        self._wait_until_punching(called)
        caller = self.start(SwarmPeer, announce=self.closed, ip=public_network.address(9))
        self._become_direct(caller, called)
        assert called.has_noted("starting hole punch"), "no hole was punched"

    def _wait_until_punching(self, go) -> None:
        # A daemon believes where it is seen once four others have told it.
        self._connect_to_daemons(go)
        eventually("its wish to punch holes", lambda: go.has_noted("Starting holepunch protocol"))

    def punch_with_go_calling(self) -> None:
        """The host dials its caller, a daemon, in vain, and agrees with it to dial each other."""
        options = ("-autonat", f"-announceAddrs={self.closed}")
        caller = self.start(GoPeer, ip=public_network.address(0), options=options)
        self._wait_until_punching(caller)
        call(caller, self.hidden, self.daemons[0])
        eventually("their agreement", lambda: caller.has_noted("starting hole punch"))
        # No more can be seen: go-libp2p 0.32 takes the roles of the handshakes the other way round
        # than the specification, so that each dial meets a second server. What they have stays.
        talk(caller, self.hidden, with_messages=False)
        assert is_relayed(caller, self.hidden) and is_relayed(self.hidden, caller)

    def _become_direct(self, caller, called) -> None:
        call(caller, called, self.daemons[0])
        for peer, other in ((caller, called), (called, caller)):
            eventually("a direct connection", lambda: is_direct(peer, other))
        talk(caller, called, with_messages=True)
