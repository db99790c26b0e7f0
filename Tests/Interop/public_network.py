"""A network of public addresses on the loopback interface, for this process and those it starts.

Nobody outside can be seen from there, and it goes with its processes. Implementations of libp2p
believe, dial and advertise public addresses alone, so on 127.0.0.1 there is little to test.
"""

import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWUSER, CLONE_NEWNET = 0x1000_0000, 0x4000_0000
SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8914, 0x8916, 1


def address(number: int) -> str:
    """One address of each network that operators have; whoever dials is seen at the first of them."""
    return f"45.{number}.0.1"


def enter() -> None:
    """Leaves the network of the machine; only root may where user namespaces are forbidden."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | (CLONE_NEWUSER if os.geteuid() else 0)) != 0:
        raise OSError(ctypes.get_errno(), "no network of its own")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
        # On this interface an address brings the whole of 45.0.0.0/8 with it.
        own = struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(address(0)))
        fcntl.ioctl(any_socket, SIOCSIFADDR, struct.pack("16s24s", b"lo:0", own))
