"""Starts a node with fresh data and has agents of all kinds use it over MCP.

usage: check.py PROGRAM PYTHON_OF_BEFORE
"""

import inspect
import shutil
import subprocess
import sys
import traceback

import anyio

import clients
import conformance
import fences
import lab
import limits
import noise
import schema
import scopes
import skills

MODULES = [clients, conformance, schema, limits, fences, scopes, skills, noise]


def before(node, python):
    """The official client of yesterday, which lives in an environment of its own."""
    script = str(lab.HERE / "before.py")
    outcome = subprocess.run([python, "-B", script, node.url, node.token, *node.command])
    lab.expect(outcome.returncode == 0, "it could not use the node")


async def awaited(outcome):
    await outcome


def run(name, check):
    try:
        # A check of a client is a coroutine that has still to be run.
        outcome = check()
        if inspect.isawaitable(outcome):
            anyio.run(awaited, outcome)
    except Exception:
        print(f"check-mcp: FAILED {name}", flush=True)
        traceback.print_exc()
        return 1
    print(f"check-mcp: {name}", flush=True)
    return 0


def main(program, python):
    node = None
    failures = 0
    try:
        node = lab.Node(program)
        for module in MODULES:
            for name, check in module.checks(node):
                failures += run(name, check)
        failures += run("yesterday's client", lambda: before(node, python))
        if node.process.poll() is not None:
            raise SystemExit(f"check-mcp: the node ended with {node.process.returncode} meanwhile")
    finally:
        if node is not None:
            node.stop()
            shutil.rmtree(node.folder, ignore_errors=True)
    print(f"check-mcp: {failures} failed" if failures else "check-mcp: all is well")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
