"""Writes Tests/Vectors/primitives, or checks it.

Every expectation is computed here in plain Python, by code that shares nothing with the node; with
--check it must be what the committed files say, and what other implementations say
(OpenSSL, libsodium, noiseprotocol, rfc8785, orjson, mnemonic).
"""

import pathlib
import sys

import aead_suite
import ed25519_suite
import jcs_suite
import json_suite
import kdf_suite
import noise_suite
import words_suite
import x25519_suite
from common import Disagreement, written

SUITES = [
    ed25519_suite,
    x25519_suite,
    aead_suite,
    kdf_suite.HMAC,
    kdf_suite.HKDF,
    noise_suite,
    json_suite,
    jcs_suite,
    words_suite,
]
FOLDER = pathlib.Path(__file__).parents[2] / "Tests" / "Vectors" / "primitives"


def faults(suite, is_check):
    """Writes or compares the file of one suite; what is wrong with it."""
    cases = suite.cases()
    text = written(suite.ABOUT, cases)
    file = FOLDER / suite.FILE
    found = []
    if not is_check:
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text)
    elif not file.exists() or file.read_text() != text:
        found.append(f"{suite.FILE} is not what the generator writes; run `make own-vectors`")
    for number, case in enumerate(cases):
        try:
            suite.agree(case)
        except Disagreement as fault:
            found.append(f"{suite.FILE}, case {number} ({case['about']}): {fault}")
    print(f"{suite.FILE}: {len(cases)} cases, {len(found)} faults", flush=True)
    return found


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit("usage: scripts/own-vectors [--check]")
    found = [fault for suite in SUITES for fault in faults(suite, bool(sys.argv[1:]))]
    for fault in found:
        print(fault, file=sys.stderr)
    sys.exit(1 if found else 0)


main()
