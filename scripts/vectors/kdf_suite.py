"""HMAC and HKDF with SHA-256: every length around the hash's block, truncated and altered codes."""

import hashlib
from types import SimpleNamespace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.kdf.hkdf import HKDF as OpenSSLHKDF

from common import drawn, flipped, same


def code(key, message):
    """RFC 2104, from the hash alone."""
    key = hashlib.sha256(key).digest() if len(key) > 64 else key
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    return hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).digest()


def derive(secret, salt, info, count):
    """RFC 5869."""
    key, output, last = code(salt, secret), b"", b""
    for number in range(1, (count + 31) // 32 + 1):
        last = code(key, last + info + bytes([number]))
        output += last
    return output[:count]


# HMAC


def hmac_case(about, key, message, tag=None):
    full = code(key, message)
    tag = full if tag is None else tag
    return {
        "about": about,
        "key": key.hex(),
        "message": message.hex(),
        "tag": tag.hex(),
        "holds": full[: len(tag)] == tag,
    }


def hmac_cases():
    found = []
    for size in (0, 1, 8, 16, 20, 31, 32, 33, 55, 63, 64, 65, 66, 127, 128, 129, 131, 200):
        found.append(hmac_case(f"a key of {size} bytes", drawn(f"key {size}", size), b"a message"))
    key = drawn("key of codes", 32)
    for size in (*range(0, 18), 31, 32, 33, 54, 55, 56, 57, 63, 64, 65, 119, 120, 121, 127, 128, 129, 500, 1_025):
        found.append(hmac_case(f"a message of {size} bytes", key, drawn(f"message {size}", size)))
    for name, special in {"zeros": bytes(32), "ones": b"\xff" * 32, "0x36": b"\x36" * 64, "0x5c": b"\x5c" * 64}.items():
        found.append(hmac_case(f"a key of {name}", special, b"a message"))
    # A key that is shorter than a block and the same with zeros behind are one key.
    found.append(hmac_case("a short key", b"key", b"a message"))
    found.append(hmac_case("the same key with zeros behind", b"key".ljust(64, b"\0"), b"a message"))
    message = b"what the code is of"
    full = code(key, message)
    for size in (8, 10, 12, 16, 20, 24, 28, 31):
        found.append(hmac_case(f"the first {size} bytes of the code", key, message, full[:size]))
    for size in (16, 32):
        part = full[:size]
        for bit in (*range(0, 8 * size, 9), 8 * size - 1):
            found.append(hmac_case(f"bit {bit} of {size} bytes turned", key, message, flipped(part, bit)))
        for name, tag in {
            "two bits turned": flipped(part, 0, 64),
            "all bits turned": bytes(byte ^ 255 for byte in part),
            "high bits turned": bytes(byte ^ 128 for byte in part),
            "low bits turned": bytes(byte ^ 1 for byte in part),
            "zeros": bytes(size),
            "ones": b"\xff" * size,
            "in reverse": part[::-1],
        }.items():
            found.append(hmac_case(f"{size} bytes, {name}", key, message, tag))
    return found


def hmac_agree(case):
    key, message, tag = (bytes.fromhex(case[name]) for name in ("key", "message", "tag"))
    context = hmac.HMAC(key, hashes.SHA256())
    context.update(message)
    full = context.copy().finalize()
    same("OpenSSL", full[: len(tag)] == tag, case["holds"])
    if len(tag) == 32:
        try:
            context.verify(tag)
            holds = True
        except InvalidSignature:
            holds = False
        same("OpenSSL's verdict", holds, case["holds"])


# HKDF


def hkdf_case(about, secret, salt, info, count):
    return {
        "about": about,
        "secret": secret.hex(),
        "salt": salt.hex(),
        "info": info.hex(),
        "count": count,
        "output": derive(secret, salt, info, count).hex(),
    }


def hkdf_cases():
    secret, salt, info = drawn("hkdf secret", 32), drawn("hkdf salt", 32), b"what for"
    found = []
    for count in (1, 2, 16, 20, 31, 32, 33, 42, 63, 64, 65, 82, 96, 128, 250, 1_000, 8_128, 8_129, 8_159, 8_160):
        found.append(hkdf_case(f"{count} bytes", secret, salt, info, count))
    for size in (0, 1, 10, 16, 22, 24, 31, 32, 33, 63, 64, 65, 80, 128, 129):
        found.append(hkdf_case(f"a secret of {size} bytes", drawn(f"secret {size}", size), salt, info, 64))
        found.append(hkdf_case(f"a salt of {size} bytes", secret, drawn(f"salt {size}", size), info, 64))
        found.append(hkdf_case(f"info of {size} bytes", secret, salt, drawn(f"info {size}", size), 64))
    for count in (20, 32, 64, 100):
        found.append(hkdf_case(f"neither salt nor info, {count} bytes", secret, b"", b"", count))
        found.append(hkdf_case(f"nothing at all, {count} bytes", b"", b"", b"", count))
    # Salts that are one key of HMAC: all lead to the same bytes.
    for salt in (b"", b"\0", bytes(32), bytes(64)):
        found.append(hkdf_case(f"{len(salt)} zeros as salt", secret, salt, info, 64))
    long = drawn("long salt", 65)
    for salt in (long, hashlib.sha256(long).digest(), hashlib.sha256(long).digest() + bytes(32)):
        found.append(hkdf_case("a long salt, or its hash", secret, salt, info, 64))
    for zeros in (0, 1, 29, 61):
        found.append(hkdf_case(f"a salt with {zeros} zeros behind", secret, b"abc" + bytes(zeros), info, 64))
    return found


def hkdf_agree(case):
    secret, salt, info = (bytes.fromhex(case[name]) for name in ("secret", "salt", "info"))
    other = OpenSSLHKDF(hashes.SHA256(), case["count"], salt, info).derive(secret)
    same("OpenSSL", other.hex(), case["output"])


HMAC = SimpleNamespace(
    FILE="hmac-sha256.json",
    ABOUT="HMAC-SHA256: `holds` says whether the tag is the start of the code.",
    cases=hmac_cases,
    agree=hmac_agree,
)
HKDF = SimpleNamespace(
    FILE="hkdf-sha256.json",
    ABOUT="HKDF-SHA256: `output` is what follows from secret, salt and info.",
    cases=hkdf_cases,
    agree=hkdf_agree,
)
