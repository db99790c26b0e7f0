"""What JSON Schema cannot say."""

import json
import os
import re

import schemathesis

KNOWN = json.loads(os.environ["KNOWN_IDS"])
KIND = re.compile(r"^/v1/(\w+)/\{id\}")


def plain(value):
    """Numbers of the API are whole and written so, 1 and never 1.0 (D-03)."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(element) for element in value]
    return value


@schemathesis.hook
def map_body(context, body):
    return plain(body)


@schemathesis.hook
def map_path_parameters(context, parameters):
    """Nothing has a random id: half of those that are written right become ids of what there is."""
    kind = KIND.match(context.operation.path)
    known = KNOWN.get(kind[1]) if kind else None
    name = (parameters or {}).get("id")
    if known and isinstance(name, str) and re.fullmatch("[0-9a-f]{64}", name) and name < "8":
        return {**parameters, "id": known}
    return parameters


@schemathesis.hook
def before_call(context, case, kwargs):
    """A stream of events that goes on for ever has no answer to check: it is asked for in its finite form."""
    if case.operation.path == "/v1/events":
        query = dict(case.query or {})
        if query.get("follow", True) in (True, "true"):
            case.query = {**query, "follow": "false"}
