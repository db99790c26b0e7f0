"""X25519 in plain integers (RFC 7748), and its ladder with polynomials in place of numbers."""

import field25519 as field
from edwards import L
from field25519 import P, inverse, is_square

A24 = 121665
# Points of the curve outside of its twist number 8 L; both together have 2 (p + 1) points.
TWIST_L = (2 * (P + 1) - 8 * L) // 4


def clamped(secret):
    number = int.from_bytes(secret, "little")
    return number & ((1 << 254) - 8) | 1 << 254


def ladder(scalar, u):
    """The u coordinate of a multiple; 0 for the neutral point."""
    x1, x2, z2, x3, z3 = u, 1, 0, u, 1
    for bit in bin(scalar)[2:]:
        if bit == "1":
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + A24 * e) % P
        if bit == "1":
            x2, z2, x3, z3 = x3, z3, x2, z2
    return x2 * inverse(z2) % P


def shared(secret, public):
    """The 32 bytes of RFC 7748, zeros included."""
    u = int.from_bytes(public, "little") % 2**255 % P
    return ladder(clamped(secret), u).to_bytes(32, "little")


def is_on_curve(u):
    return is_square((u**3 + 486662 * u * u + u) % P)


def intermediates(bits):
    """What the ladder computes in its steps, as polynomials in u, by name; the first bit is 1."""
    one, u = [1], [0, 1]
    found = {}
    x2, z2, x3, z3 = one, [], u, one
    for step, bit in enumerate(bits, 1):
        if bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b = field.add(x2, z2), field.add(x2, z2, -1)
        c, d = field.add(x3, z3), field.add(x3, z3, -1)
        aa, bb = field.multiply(a, a), field.multiply(b, b)
        da, cb = field.multiply(d, a), field.multiply(c, b)
        e = field.add(aa, bb, -1)
        plus, minus = field.add(da, cb), field.add(da, cb, -1)
        x3, z3 = field.multiply(plus, plus), field.multiply(u, field.multiply(minus, minus))
        x2 = field.multiply(aa, bb)
        z2 = field.multiply(e, field.add(aa, field.multiply([A24], e)))
        values = {"A": a, "AA": aa, "B": b, "BB": bb, "E": e, "C": c, "D": d, "DA": da, "CB": cb}
        values |= {"DA + CB": plus, "DA - CB": minus, "x_2": x2, "z_2": z2, "x_3": x3, "z_3": z3}
        found |= {f"{name} of step {step}": value for name, value in values.items()}
        if bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return found
