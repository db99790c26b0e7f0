"""Hosts of their own on one wire that can be cut: network namespaces and a bridge, for this run alone."""

import itertools
import os
import subprocess


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


class Islands:
    """A bridge in a namespace of its own, and hosts on it; everything goes with `stop()`."""

    def __init__(self, name: str):
        self.prefix = f"{name}{os.getpid() % 10_000}"
        self.hub = f"{self.prefix}hub"
        self.numbers = itertools.count(1)
        self.namespaces: list[str] = []
        self._add_namespace(self.hub)
        ip("-n", self.hub, "link", "add", "bridge", "type", "bridge")
        ip("-n", self.hub, "link", "set", "bridge", "up")

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
        ip("-n", self.hub, "link", "set", host.port, "master", "bridge", "up")
        ip("-n", host.name, "address", "add", f"{host.ip}/24", "dev", "wire")
        ip("-n", host.name, "link", "set", "wire", "up")
        return host

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

    def cut(self) -> None:
        """Nothing comes or goes any more; connections learn of it by themselves, as they do outside."""
        ip("-n", self.hub, "link", "set", self.port, "down")

    def mend(self) -> None:
        ip("-n", self.hub, "link", "set", self.port, "up")
