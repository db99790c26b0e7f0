"""Runs one command of a stranger where it can do no harm, or not at all.

The command gets a root of its own, with the system's programs to read and a folder to work in: no network, no other
processes, no capabilities, and neither the home of the user nor the data of the node. It needs user namespaces and the
tools of util-linux; where these are missing nothing is run.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile

SECONDS = 10
MEMORY_BYTES = 512 * 1024 * 1024
FILE_BYTES = 16 * 1024 * 1024
PROCESSES = 64
OUTPUT_BYTES = 400

# Runs as root of a user namespace of its own; $1 is the new root, $2 the folder to work in, $3 the interpreter's
# folder, and what follows is the command.
SCRIPT = r"""
set -e
root=$1 work=$2 python=$3
shift 3
mount -t tmpfs -o size=64m tmpfs "$root"
for place in /usr /bin /sbin /lib /lib32 /lib64 /etc/alternatives "$python"; do
    if [ -L "$place" ]; then cp -P "$place" "$root$place"; continue; fi
    [ -d "$place" ] || continue
    mkdir -p "$root$place"
    mount --bind "$place" "$root$place"
    mount -o remount,bind,ro "$root$place"
done
mkdir -p "$root/dev" "$root/tmp" "$root/work" "$root/proc"
for device in null zero urandom; do
    : > "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t proc proc "$root/proc" || true
mount --bind "$work" "$root/work"
exec chroot "$root" /usr/bin/setpriv --no-new-privs --bounding-set=-all --inh-caps=-all \
    /bin/sh -c 'cd /work && exec "$@"' sh "$@"
"""


class Unavailable(Exception):
    """There is no sandbox here, so that nothing was run."""


def _limits():
    for limit, most in (
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NPROC, PROCESSES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))
    os.nice(10)


def _enter(work, command, seconds):
    python = os.path.realpath(sys.base_prefix)
    with tempfile.TemporaryDirectory(prefix="valence-root-") as root:
        return subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork"]
            + ["--kill-child", "sh", "-c", SCRIPT, "sh", root, work, python]
            + command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            preexec_fn=_limits,
            env={"PATH": f"{python}/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/work", "LANG": "C.UTF-8"},
            check=False,
        )


def run(work, command):
    """Runs a command in a folder.

    Returns whether it succeeded and the end of what it printed; None in place of the first when it took too long.
    """
    if not all(shutil.which(tool) for tool in ("unshare", "setpriv", "chroot", "mount")):
        raise Unavailable("unshare, setpriv, chroot or mount is missing")
    # Whether the sandbox works here is asked first: a failure of it must not look like one of the command.
    trial = _enter(work, ["true"], SECONDS)
    if trial.returncode != 0:
        raise Unavailable(trial.stdout.decode(errors="replace").strip())
    try:
        done = _enter(work, command, SECONDS)
    except subprocess.TimeoutExpired:
        return None, f"it did not end within {SECONDS} s"
    return done.returncode == 0, done.stdout[-OUTPUT_BYTES:].decode(errors="replace").strip()
