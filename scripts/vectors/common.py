"""What all suites share: bytes that nobody chose and everybody can draw again, and the file format."""

import hashlib
import json


def drawn(label, count):
    """So many bytes that follow from a label, so that every run writes the same files."""
    return hashlib.shake_256(f"valence vectors: {label}".encode()).digest(count)


def flipped(data, *bits):
    """The bytes with some bits turned; bit 0 is the lowest of the first byte."""
    number = int.from_bytes(data, "little")
    for bit in bits:
        number ^= 1 << bit
    return number.to_bytes(len(data), "little")


def written(about, cases):
    """The text of a file: one case a line, so that a change shows as the lines that it changes."""
    lines = [json.dumps(case, ensure_ascii=True, separators=(", ", ": ")) for case in cases]
    head = json.dumps(about, ensure_ascii=True)
    return '{\n"about": ' + head + ',\n"cases": [\n' + ",\n".join(lines) + "\n]\n}\n"


class Disagreement(Exception):
    """The second implementation sees a case in another way."""


def same(what, found, expected):
    if found != expected:
        raise Disagreement(f"{what}: {found!r} instead of {expected!r}")
