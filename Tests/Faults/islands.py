"""Hosts of their own on one wire that can be cut: network namespaces and a bridge, for this run alone."""

import ctypes
import itertools
import os
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

CLONE_NEWNET = 0x40000000


def ip(*words: str) -> None:
    _run("ip", *words)


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, timeout=20)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise OSError(f"{' '.join(words)}: {said or done.returncode}")


def missing_rights() -> str | None:
    """Why no islands can be made on this machine; None when they can."""
    trial = None
    try:
        trial = Islands("vt")
        trial.add()
    except OSError as error:
        return str(error)
    finally:
        if trial:
            trial.stop()
    return None


class Islands:
    """A bridge in a namespace of its own, and hosts on it; everything goes with `stop()`."""

    def __init__(self, name: str):
        self.prefix = f"{name}{os.getpid() % 10_000}"
        self.hub = f"{self.prefix}hub"
        self.numbers = itertools.count(1)
        self.namespaces: list[str] = []
        self.hosts: list[Host] = []
        self.bridges = 0
        self._add_namespace(self.hub)
        try:
            self._add_bridge()
        except OSError:
            self.stop()
            raise

    def _add_bridge(self) -> str:
        self.bridges += 1
        name = f"bridge{self.bridges}"
        ip("-n", self.hub, "link", "add", name, "type", "bridge")
        ip("-n", self.hub, "link", "set", name, "up")
        return name

    def _add_namespace(self, name: str) -> None:
        ip("netns", "add", name)
        self.namespaces.append(name)
        ip("-n", name, "link", "set", "lo", "up")

    def add(self) -> "Host":
        """A host with an address of its own on the wire."""
        number = next(self.numbers)
        host = Host(self.hub, f"{self.prefix}n{number}", f"10.77.0.{number}", f"port{number}")
        self._add_namespace(host.name)
        pair = ["type", "veth", "peer", "name", "wire", "netns", host.name]
        ip("-n", self.hub, "link", "add", host.port, *pair)
        ip("-n", self.hub, "link", "set", host.port, "master", "bridge1", "up")
        ip("-n", host.name, "address", "add", f"{host.ip}/24", "dev", "wire")
        ip("-n", host.name, "link", "set", "wire", "up")
        self.hosts.append(host)
        return host

    def part(self, *sides: list["Host"]) -> None:
        """Hosts of one side reach each other and nobody else; connections learn of it by themselves."""
        for number, side in enumerate(sides, 1):
            bridge = f"bridge{number}" if number <= self.bridges else self._add_bridge()
            for host in side:
                ip("-n", self.hub, "link", "set", host.port, "master", bridge)

    def join(self) -> None:
        """Everybody reaches everybody again, as fast as ever."""
        self.part(self.hosts)
        for host in self.hosts:
            host.free()

    def stop(self) -> None:
        for name in reversed(self.namespaces):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, timeout=20)
        self.namespaces = []


class Host:
    def __init__(self, hub: str, name: str, address: str, port: str):
        self.hub = hub
        self.name = name
        self.ip = address
        self.port = port
        self.within = ["ip", "netns", "exec", name]
        # Commands that take back what limits this host, the last one first.
        self.undo: list[list[str]] = []

    def open_socket(self) -> socket.socket:
        """A socket of this host, for a process that is elsewhere."""

        def make() -> socket.socket:
            with open(f"/run/netns/{self.name}") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), f"cannot enter {self.name}")
            return socket.socket()

        # A thread may be elsewhere than its process, and this one ends here.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(make).result()

    def cut(self) -> None:
        """Nothing comes or goes any more; connections learn of it by themselves, as they do outside."""
        ip("-n", self.hub, "link", "set", self.port, "down")

    def mend(self) -> None:
        ip("-n", self.hub, "link", "set", self.port, "up")

    def mute(self, towards: list["Host"]) -> None:
        """What it sends to these hosts is lost, while it hears them."""
        # What is sent into a pair of devices whose other end nobody reads is gone.
        hole, end = f"hole{self.port}", f"end{self.port}"
        ip("-n", self.hub, "link", "add", hole, "type", "veth", "peer", "name", end)
        self.undo.append(["ip", "-n", self.hub, "link", "delete", hole])
        for device in (hole, end):
            ip("-n", self.hub, "link", "set", device, "up")
        self._limit(self.hub, self.port, "ingress")
        for host in towards:
            match = ["protocol", "ip", "u32", "match", "ip", "dst", f"{host.ip}/32"]
            lose = ["action", "mirred", "egress", "redirect", "dev", hole]
            add = ["filter", "add", "dev", self.port, "parent", "ffff:"]
            _run("tc", "-n", self.hub, *add, *match, *lose)

    def slow(self, kilobits: int, delay: int, loss: int) -> str | None:
        """Bounds what it sends and hears to so many kbit/s; where the kernel can, also delays it by so many
        milliseconds and loses so many percent.

        Returns what the kernel cannot do, or None.
        """
        rate = ["rate", f"{kilobits}kbit"]
        ends = [(self.hub, self.port), (self.name, "wire")]
        for end in ends:
            try:
                self._limit(*end, "root", "netem", "delay", f"{delay}ms", "loss", f"{loss}%", *rate)
            except OSError:
                self._limit(*end, "root", "tbf", *rate, "burst", "16kb", "latency", "400ms")
                left_out = "delay and loss, as this kernel has no netem"
            else:
                left_out = None
        return left_out

    def _limit(self, namespace: str, device: str, place: str, *what: str) -> None:
        _run("tc", "-n", namespace, "qdisc", "add", "dev", device, place, *what)
        self.undo.append(["tc", "-n", namespace, "qdisc", "del", "dev", device, place])

    def free(self) -> None:
        """Takes back what `mute` and `slow` did."""
        while self.undo:
            _run(*self.undo.pop())

    def give_up_early(self) -> None:
        """Connections are lost after some three seconds without an answer, in place of fifteen minutes."""
        retries = "/proc/sys/net/ipv4/tcp_retries2"
        _run(*self.within, "sh", "-c", f"echo 3 >{retries}")
