"""Asks a running node for its figures, as Prometheus does, and tries the alerts and the dashboard on them.

usage: figures.py PROGRAM
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus

from check import start

MONITORING = pathlib.Path(__file__).resolve().parents[2] / "monitoring"
SERIES_MAX = 600
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# A name in an expression: what is no function, keyword or label.
NAME = re.compile(r"\b((?:valence|process)_[a-z0-9_]+)\b")


def ask(api, token, accept=None):
    headers = {"Authorization": f"Bearer {token}"} | ({"Accept": accept} if accept else {})
    with urllib.request.urlopen(urllib.request.Request(f"{api}/metrics", headers=headers)) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def expect(holds, what):
    if not holds:
        raise SystemExit(f"check-monitoring: {what}")


def tool(*arguments, given=None):
    ended = subprocess.run(
        ["promtool", *map(str, arguments)], input=given, capture_output=True, text=True, check=False
    )
    expect(ended.returncode == 0, f"promtool {' '.join(map(str, arguments))}: {ended.stdout}{ended.stderr}")
    return ended.stdout + ended.stderr


def figures(api, token):
    """The names of all samples, after both formats were read by somebody else's parsers."""
    kind, plain = ask(api, token)
    expect(kind == PLAIN, f"the type is {kind!r}")
    samples = [sample for family in read_prometheus(plain) for sample in family.samples]
    expect(0 < len(samples) <= SERIES_MAX, f"{len(samples)} series")
    kind, text = ask(api, token, "application/openmetrics-text; version=1.0.0,text/plain;q=0.5")
    expect(kind == OPEN, f"the type is {kind!r}")
    same = [sample for family in read_openmetrics(text) for sample in family.samples]
    expect(
        [(s.name, s.labels) for s in samples] == [(s.name, s.labels) for s in same],
        "the two formats have other series",
    )
    complaints = tool("check", "metrics", given=plain)
    expect(not complaints.strip(), complaints)
    return {sample.name for sample in samples}


def named():
    """What alerts and dashboard name, and where."""
    for line in (MONITORING / "alerts.yml").read_text().splitlines():
        for name in NAME.findall(line):
            yield name, "alerts.yml"
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            for name in NAME.findall(target["expr"]):
                yield name, f"dashboard.json, {panel['title']}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        node, api, _ = start(sys.argv[1], folder)
        try:
            token = pathlib.Path(folder, "api.token").read_text().strip()
            known = figures(api, token)
        finally:
            node.terminate()
            expect(node.wait(timeout=20) == 0, "the node did not end well")
    for name, place in named():
        expect(name in known, f"{place}: no figure is called {name}")
    tool("check", "rules", MONITORING / "alerts.yml")
    tool("test", "rules", MONITORING / "alerts-test.yml")
    print(f"check-monitoring: {len(known)} figures; alerts and dashboard name what there is")


if __name__ == "__main__":
    main()
