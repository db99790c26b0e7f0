"""Shared secrets: points of the curve and of its twist, of low order, in second spellings, and numbers
that lead through edges of the arithmetic."""

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from nacl.bindings import crypto_scalarmult
from nacl.exceptions import CryptoError

import field25519 as field
import montgomery
from common import drawn, same
from edwards import L
from field25519 import EDGES, P
from montgomery import TWIST_L, ladder

FILE = "x25519.json"
ABOUT = "X25519: `shared` is null where it would be all zeros, which the node refuses."


def case(about, secret, public):
    shared = montgomery.shared(secret, public)
    u = int.from_bytes(public, "little") % 2**255 % P
    place = "" if montgomery.is_on_curve(u) else ", on the twist"
    return {
        "about": about + place,
        "secret": secret.hex(),
        "public": public.hex(),
        "shared": shared.hex() if any(shared) else None,
    }


def spelled(number):
    return number.to_bytes(32, "little")


def cases():
    return ordinary() + odd_secrets() + odd_keys() + low_order() + edges_of_results() + edges_inside()


def ordinary():
    found = []
    for number in range(40):
        # A point drawn by chance is on the curve or on its twist.
        found.append(case("any two keys", drawn(f"secret {number}", 32), drawn(f"u {number}", 32)))
    for number in range(8):
        public = montgomery.shared(drawn(f"peer {number}", 32), spelled(9))
        found.append(case("keys of two peers", drawn(f"own {number}", 32), public))
    return found


def odd_secrets():
    base = spelled(9)
    numbers = [0, 1, 7, 8, 2**254, 2**254 + 8, 2**255 - 1, 2**255 - 8, 2**256 - 1, P, L, 2**255, 0x55 * (2**256 // 255)]
    # Next to a multiple of an order, where the result is plus or minus a small multiple.
    for order in (L, TWIST_L):
        for near in (-1, 1, 2):
            for factor in range(1, 9):
                number = factor * order + near
                if number % 8 == 0 and 2**254 <= number < 2**255:
                    numbers.append(number)
    publics = {"the base point": base, "a point": drawn("u 0", 32), "another": drawn("u 1", 32)}
    return [
        case(f"secret {number:x}, {name}", spelled(number), public)
        for number in numbers
        for name, public in publics.items()
    ]


def odd_keys():
    secrets = [drawn("odd keys 0", 32), drawn("odd keys 1", 32)]
    numbers = {f"u = {u}": u for u in range(2, 12)}
    numbers |= {f"u = p - {u}": P - u for u in range(2, 8)}
    # The highest bit does not count, and u may be written with p added to it.
    numbers |= {f"u = p + {u}": P + u for u in range(0, 19)}
    numbers |= {f"u = {u} with the highest bit": u + 2**255 for u in (0, 1, 2, 9)}
    numbers |= {f"u = p + {u} with the highest bit": P + u + 2**255 for u in (-2, -1, 0, 1, 5, 18)}
    for bits in (26, 51, 52, 64, 102, 127, 128, 153, 192, 204, 230, 254):
        numbers |= {f"u = 2^{bits} - 1": 2**bits - 1, f"u = 2^{bits}": 2**bits, f"u = p - 2^{bits}": P - 2**bits}
    for edge in EDGES[6:]:
        numbers[f"u = {edge:x}"] = edge
    return [case(about, secret, spelled(u)) for about, u in numbers.items() for secret in secrets]


def low_order():
    """All u whose multiple by 8 is the neutral point, in every spelling, with any secret."""
    def eighth(u):
        return ladder(8, u)

    # u of order 8: doubling twice leads to u = 0; these roots are found, not known by heart.
    doubled = {0}
    found = {0, 1, P - 1}
    for _ in range(3):
        doubled = {root for value in doubled for root in halves(value)}
        found |= doubled
    found = sorted(u for u in found if eighth(u) == 0)
    spellings = [u + extra for u in found for extra in (0, P, 2**255, P + 2**255) if u + extra < 2**256]
    spellings = [u for u in spellings if u % 2**255 % P in found]
    secrets = [drawn("low order", 32), spelled(2**255 - 8), bytes(32)]
    return [case("a point of low order", secret, spelled(u)) for u in spellings for secret in secrets]


def halves(value):
    """Every u whose double is a value: (u^2 - 1)^2 = 4 value u (u^2 + 486662 u + 1)."""
    numerator = field.multiply([P - 1, 0, 1], [P - 1, 0, 1])
    denominator = field.multiply([0, 4 * value], [1, 486662, 1])
    return field.roots(field.add(numerator, denominator, -1))


def edges_of_results():
    """Public keys that are made so that the shared secret is on an edge."""
    found, secret = [], drawn("edges of results", 32)
    targets = [*EDGES, *range(2, 30), *(P - number for number in range(2, 30))]
    for target in dict.fromkeys(targets):
        order = L if montgomery.is_on_curve(target) else TWIST_L
        # Results are multiples of 8 and so of the large prime order, which half of the points have.
        if target and ladder(order, target) == 0 and ladder(8, target) != 0:
            factor = pow(montgomery.clamped(secret), -1, order)
            public = ladder(factor, target)
            found.append(case(f"the secret is {target:x}", secret, spelled(public)))
    return found


def edges_inside():
    """Public keys that are made so that a value on the way is on an edge."""
    found, met = [], set()
    for bits, secret in (
        ([1, 1], spelled(0b11 << 253 | 2**200 | 8)),
        ([1, 0], spelled(0b10 << 253 | 2**201 | 16)),
    ):
        for name, poly in montgomery.intermediates(bits).items():
            # Long polynomials cost the most time and get fewer values.
            targets = [0, *EDGES] if len(poly) < 10 else [0, 1, P - 1, EDGES[-1]]
            for target in targets:
                for root in field.roots(field.add(poly, [target], -1) if target else poly)[:1]:
                    if (root, secret) not in met:
                        met.add((root, secret))
                        found.append(case(f"{name} is {target:x}", secret, spelled(root)))
    return found


# Second implementations


def agree(case):
    secret, public = bytes.fromhex(case["secret"]), bytes.fromhex(case["public"])
    same("libsodium", or_none(lambda: crypto_scalarmult(secret, public)), case["shared"])
    same("OpenSSL", or_none(lambda: openssl(secret, public)), case["shared"])


def openssl(secret, public):
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))


def or_none(compute):
    try:
        return compute().hex()
    except (ValueError, RuntimeError, CryptoError):
        return None
