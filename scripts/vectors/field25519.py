"""Integers modulo 2^255 - 19, and polynomials over them."""

from common import drawn

P = 2**255 - 19

# Values at which implementations with limbs of 26, 51 or 64 bits carry, borrow or reduce.
EDGES = [
    1,
    2,
    19,
    P - 1,
    P - 2,
    2**51 - 1,
    2**128 - 1,
    2**204,
    2**254,
    2**255 - 20 - 2**51,
    sum((2**26 - 1) << (51 * i) for i in range(5)) % P,
    sum(1 << (51 * i) for i in range(5)) % P,
]


def inverse(value):
    return pow(value, P - 2, P)


def is_square(value):
    return pow(value, (P - 1) // 2, P) in (0, 1)


def square_root(value):
    """A square root, or None."""
    value %= P
    root = pow(value, (P + 3) // 8, P)
    if root * root % P != value:
        root = root * pow(2, (P - 1) // 4, P) % P
    return root if root * root % P == value else None


# Polynomials are lists of coefficients, the constant first, without zeros at the end.


def trimmed(poly):
    while poly and poly[-1] == 0:
        poly.pop()
    return poly


def add(left, right, sign=1):
    size = max(len(left), len(right))
    padded = [list(poly) + [0] * (size - len(poly)) for poly in (left, right)]
    return trimmed([(a + sign * b) % P for a, b in zip(*padded)])


def multiply(left, right):
    result = [0] * (len(left) + len(right) - 1) if left and right else []
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            result[i + j] += a * b
    return trimmed([value % P for value in result])


def remainder(poly, divisor):
    """The rest by a polynomial with 1 as its highest coefficient, or the quotient with it."""
    poly, quotient = list(poly), []
    while len(poly) >= len(divisor):
        factor = poly.pop() % P
        quotient.append(factor)
        shift = len(poly) - len(divisor) + 1
        for i, value in enumerate(divisor[:-1]):
            poly[shift + i] = (poly[shift + i] - factor * value) % P
    return trimmed(poly), quotient[::-1]


def monic(poly):
    factor = inverse(poly[-1])
    return [value * factor % P for value in poly]


def common_divisor(left, right):
    while right:
        left, right = right, remainder(left, monic(right))[0]
    return monic(left)


def power(base, exponent, modulus):
    result = [1]
    for bit in bin(exponent)[2:]:
        result = remainder(multiply(result, result), modulus)[0]
        if bit == "1":
            result = remainder(multiply(result, base), modulus)[0]
    return result


def roots(poly):
    """All roots, in ascending order (Cantor and Zassenhaus)."""
    if len(poly) < 2:
        return []
    poly = monic(poly)
    found, pending = [], [common_divisor(poly, add(power([0, 1], P, poly), [0, 1], -1))]
    attempt = 0
    while pending:
        part = pending.pop()
        if len(part) == 2:
            found.append(-part[0] % P)
        elif len(part) > 2:
            attempt += 1
            shift = int.from_bytes(drawn(f"split {attempt}", 32), "little") % P
            half = add(power([shift, 1], (P - 1) // 2, part), [1], -1)
            piece = common_divisor(part, half) if half else part
            pending.append(piece)
            if 1 < len(piece) < len(part):
                pending.append(remainder(part, piece)[1])
            elif len(piece) == 1:
                pending[-1] = part
    return sorted(found)
