"""Edwards25519 in plain integers, and the verdict of D-05 on a signature.

Slow and not safe for secrets: it is written to be compared with RFC 8032 by reading.
"""

import hashlib

from common import drawn
from field25519 import P, inverse, square_root

L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * inverse(121666) % P
NEUTRAL = (0, 1, 1, 0)


def add(left, right):
    """The sum of two points (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = 2 * t1 * t2 * D % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def negative(point):
    x, y, z, t = point
    return -x % P, y, z, -t % P


def times(scalar, point):
    result = NEUTRAL
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def is_neutral(point):
    x, y, z, _ = point
    return x % P == 0 and (y - z) % P == 0


def encode(point):
    x, y, z, _ = point
    factor = inverse(z)
    x, y = x * factor % P, y * factor % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data, is_strict):
    """The point of an encoding, or None.

    A strict reader takes the one canonical spelling of a point (RFC 8032, section 5.1.3); a lenient
    one reduces y and lets a sign stand at x = 0.
    """
    number = int.from_bytes(data, "little")
    y, sign = number % 2**255, number >> 255
    if is_strict and y >= P:
        return None
    y %= P
    x = square_root((y * y - 1) * inverse(D * y * y + 1))
    if x is None or (is_strict and x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


def base_point():
    return decode((4 * inverse(5) % P).to_bytes(32, "little"), True)


BASE = base_point()


def point_of_order_8():
    number = 0
    while True:
        point = decode(drawn(f"point {number}", 32), False)
        torsion = times(L, point) if point else NEUTRAL
        if not is_neutral(times(4, torsion)):
            return torsion
        number += 1


def challenge(r_bytes, key, message):
    return int.from_bytes(hashlib.sha512(r_bytes + key + message).digest(), "little") % L


def fault(key, signature, message):
    """The first rule of D-05 that a signature breaks; None when it holds."""
    if len(key) != 32:
        return "length of the key"
    if len(signature) != 64:
        return "length of the signature"
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return "S >= L"
    points = {"A": decode(key, True), "R": decode(signature[:32], True)}
    for name, point in points.items():
        if point is None:
            return f"{name} is not the canonical spelling of a point"
        if is_neutral(times(8, point)):
            return f"{name} is of small order"
    right = add(points["R"], times(challenge(signature[:32], key, message), points["A"]))
    return None if is_neutral(add(times(s, BASE), negative(right))) else "equation"


def holds_leniently(key, signature, message):
    """The verdict of a verifier that only checks S and then compares R byte by byte."""
    s = int.from_bytes(signature[32:], "little")
    point = decode(key, False) if len(key) == 32 else None
    if point is None or len(signature) != 64 or s >= L:
        return False
    k = challenge(signature[:32], key, message)
    return encode(add(times(s, BASE), negative(times(k, point)))) == signature[:32]


def secret_of(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return scalar, digest[32:]


def sign(seed, message):
    """Key and signature of RFC 8032."""
    scalar, prefix = secret_of(seed)
    key = encode(times(scalar, BASE))
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    r_bytes = encode(times(r, BASE))
    s = (r + challenge(r_bytes, key, message) * scalar) % L
    return key, r_bytes + s.to_bytes(32, "little")
