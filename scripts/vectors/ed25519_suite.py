"""Signatures: ordinary ones, all that can be odd about key, R and S, and numbers on edges of limbs."""

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import edwards
from common import drawn, flipped, same
from edwards import BASE, L, P

FILE = "ed25519.json"
ABOUT = (
    "Ed25519 under strict RFC 8032 (D-05): S < L, canonical A and R of large order, the equation "
    "without the cofactor. `why` names the first rule that is broken."
)


def case(about, key, signature, message, seed=None):
    why = edwards.fault(key, signature, message)
    found = {"about": about, "key": key.hex(), "message": message.hex()}
    found |= {"signature": signature.hex(), "holds": why is None}
    if why:
        found["why"] = why
    if seed is not None:
        found["seed"] = seed.hex()
    return found


def cases():
    found = ordinary() + altered() + scalars() + special_pairs() + keys()
    return found + limbs() + combinations()


# Ordinary signatures


def ordinary():
    seeds = [bytes(32), b"\xff" * 32, bytes([1] + [0] * 31), bytes([0] * 31 + [0x80])]
    seeds += [drawn(f"seed {number}", 32) for number in range(28)]
    sizes = [0, 1, 2, 16, 31, 32, 33, 63, 64, 65, 111, 112, 127, 128, 129, 256, 1_023]
    found = []
    for number, seed in enumerate(seeds):
        message = drawn(f"message {number}", sizes[number % len(sizes)])
        key, signature = edwards.sign(seed, message)
        found.append(case(f"{len(message)} bytes", key, signature, message, seed))
    return found


SEED = drawn("the signer", 32)
MESSAGE = b"to whom it may concern"
KEY, SIGNATURE = edwards.sign(SEED, MESSAGE)
R, S = SIGNATURE[:32], int.from_bytes(SIGNATURE[32:], "little")


def scalar(value):
    return value.to_bytes(32, "little")


def altered():
    def told(about, signature, key=KEY, message=MESSAGE):
        return case(about, key, signature, message)

    found = [told(f"bit {bit} of R turned", flipped(SIGNATURE, bit)) for bit in range(0, 256, 5)]
    found += [told("the sign of R turned", flipped(SIGNATURE, 255))]
    found += [told(f"bit {bit} of S turned", flipped(SIGNATURE, 256 + bit)) for bit in range(0, 256, 5)]
    found += [told(f"bit {bit} of the key turned", SIGNATURE, flipped(KEY, bit)) for bit in (0, 9, 254, 255)]
    found += [
        told("another message", SIGNATURE, message=MESSAGE + b"."),
        told("a shorter message", SIGNATURE, message=MESSAGE[:-1]),
        told("no message", SIGNATURE, message=b""),
        told("the key of another", SIGNATURE, key=edwards.sign(drawn("another", 32), b"")[0]),
        told("R and S exchanged", SIGNATURE[32:] + R),
        told("all bits of R turned", bytes(byte ^ 255 for byte in R) + SIGNATURE[32:]),
        told("all bits of S turned", R + bytes(byte ^ 255 for byte in SIGNATURE[32:])),
        told("R is no point", no_point() + SIGNATURE[32:]),
        told("S is negated", R + scalar(L - S)),
    ]
    shapes = {
        "no signature": b"",
        "one byte": SIGNATURE[:1],
        "R alone": R,
        "the last byte is missing": SIGNATURE[:-1],
        "the first byte is missing": SIGNATURE[1:],
        "a zero behind": SIGNATURE + b"\0",
        "a zero before": b"\0" + SIGNATURE,
        "a zero between R and S": R + b"\0" + SIGNATURE[32:],
        "the key behind": SIGNATURE + KEY,
        "twice": SIGNATURE * 2,
    }
    found += [told(about, signature) for about, signature in shapes.items()]
    # Leading or trailing zeros that a number, unlike a signature, may lose.
    for at, name in ((0, "R"), (31, "the end of R"), (32, "S"), (63, "the end of S")):
        message, signature = searched(lambda _, signature: signature[at] == 0)
        cut = signature[:at] + signature[at + 1 :]
        found += [told(f"a zero at {name}", signature, message=message)]
        found += [told(f"the zero at {name} is missing", cut, message=message)]
    return found


def searched(is_wanted):
    """The first message whose signature has a property."""
    number = 0
    while True:
        message = f"message {number}".encode()
        signature = edwards.sign(SEED, message)[1]
        if is_wanted(message, signature):
            return message, signature
        number += 1


def no_point(number=0):
    while edwards.decode(drawn(f"no point {number}", 32), False) is not None:
        number += 1
    return drawn(f"no point {number}", 32)


# Scalars out of range


def scalars():
    found = [case("S as it is", KEY, SIGNATURE, MESSAGE)]
    for factor in range(1, 16):
        if S + factor * L < 2**256:
            found.append(case(f"S + {factor} L", KEY, R + scalar(S + factor * L), MESSAGE))
    for name, value in {"2^252": 2**252, "2^253": 2**253, "2^254": 2**254, "2^255": 2**255, "p": P}.items():
        found.append(case(f"S + {name}", KEY, R + scalar(S + value), MESSAGE))
    for name, value in {
        "L - 1": L - 1,
        "L": L,
        "L + 1": L + 1,
        "2^252 - 1": 2**252 - 1,
        "2^252": 2**252,
        "2^256 - 1": 2**256 - 1,
    }.items():
        found.append(case(f"S = {name}", KEY, R + scalar(value), MESSAGE))
    return found


def special_pairs():
    """R and S that are special numbers, whatever the equation says."""
    values = {"0": 0, "1": 1, "L - 1": L - 1, "L": L, "L + 1": L + 1, "p - 1": P - 1, "p": P, "p + 1": P + 1}
    values["2^255"] = 2**255
    values["2^256 - 1"] = 2**256 - 1
    return [
        case(f"R = {left}, S = {right}", KEY, scalar(first) + scalar(second), MESSAGE)
        for left, first in values.items()
        for right, second in values.items()
    ]


# Keys that are odd


def keys():
    found = [
        case("a key that is no point", no_point(1), SIGNATURE, MESSAGE),
        case("a key of 31 bytes", KEY[:31], SIGNATURE, MESSAGE),
        case("a key of 33 bytes", KEY + b"\0", SIGNATURE, MESSAGE),
        case("no key", b"", SIGNATURE, MESSAGE),
    ]
    # y from p to 2^255 - 1: second spellings, if spellings at all.
    for y in range(P, 2**255):
        for sign in (0, 1):
            data = scalar(y | sign << 255)
            about = f"y = p + {y - P} with sign {sign}"
            found.append(case(f"a key of {about}", data, SIGNATURE, MESSAGE))
            found.append(case(f"R of {about}", KEY, data + SIGNATURE[32:], MESSAGE))
    # Secrets that no seed gives, but whose signatures are as good as others.
    for secret in (1, 2, 8, L - 1, (L + 1) // 2, 2**252 - 1):
        for nonce in (1, 5, L - 1):
            key, r_bytes = edwards.encode(edwards.times(secret, BASE)), edwards.encode(edwards.times(nonce, BASE))
            s = (nonce + edwards.challenge(r_bytes, key, MESSAGE) * secret) % L
            about = f"secret {secret:x}, nonce {nonce:x}"
            found.append(case(about, key, r_bytes + scalar(s), MESSAGE))
    return found


# Numbers on edges of limbs


def limbs():
    """S or the challenge with a run of equal bits at each place where limbs of 21 or 64 bits meet."""
    secret, nonce = edwards.secret_of(SEED)[0], 1 << 200 | 12_345
    r_bytes = edwards.encode(edwards.times(nonce, BASE))
    wanted = {
        (name, start, ones)
        for name in ("S", "the challenge")
        for start in [*range(0, 252 - 15, 21), 48, 56, 112, 120, 176, 184, 237]
        for ones in (False, True)
    }
    found, number = [], 0
    while wanted:
        message = f"limbs {number}".encode()
        number += 1
        k = edwards.challenge(r_bytes, KEY, message)
        values = {"S": (nonce + k * secret) % L, "the challenge": k}
        met = [w for w in wanted if values[w[0]] >> w[1] & 0x3FFF == (0x3FFF if w[2] else 0)]
        for name, start, ones in sorted(met):
            wanted.remove((name, start, ones))
            bits = "ones" if ones else "zeros"
            about = f"bits {start} to {start + 13} of {name} are {bits}"
            found.append(case(about, KEY, r_bytes + scalar(values["S"]), message))
    return found


# Every combination of parts of small order


def spellings():
    """Encodings by name, each with the torsion part that it stands for, and its canonical form.

    The first eight are canonical; the others are second spellings of the points that have any.
    """
    torsion = edwards.point_of_order_8()
    points = [edwards.times(number, torsion) for number in range(8)]
    found = [(f"torsion {i}", edwards.encode(point), i, edwards.encode(point)) for i, point in enumerate(points)]
    seconds = [(1, 1), (P + 1, 0), (P + 1, 1), (P - 1, 1), (P, 0), (P, 1)]
    for y, sign in seconds:
        data = scalar(y | sign << 255)
        canonical = edwards.encode(edwards.decode(data, False))
        index = [data for _, data, _, _ in found[:8]].index(canonical)
        name = f"second spelling {data[0]:02x}..{data[31]:02x} of torsion {index}"
        found.append((name, data, index, canonical))
    return points, found


def combinations():
    points, small = spellings()
    secrets = {"A": edwards.secret_of(drawn("A of the grid", 32))[0] % L, "R": 2**251 - 19}

    def parts(name):
        found = [(about, data, i, canonical, 0) for about, data, i, canonical in small]
        for i, torsion in enumerate(points):
            point = edwards.add(edwards.times(secrets[name], BASE), torsion)
            data = edwards.encode(point)
            found.append((f"large order + torsion {i}", data, i, data, secrets[name]))
        return found

    found = []
    for a_name, key, i, plain_key, a in parts("A"):
        for r_name, r_bytes, j, plain_r, r in parts("R"):
            about = f"A: {a_name}; R: {r_name}"
            for is_reencoded in {False, (plain_key, plain_r) != (key, r_bytes)}:
                hashed = (plain_r, plain_key) if is_reencoded else (r_bytes, key)
                extra = "; hashed in canonical spelling" if is_reencoded else ""
                for rest in (False, True):
                    for number in range(48):
                        message = str(number).encode()
                        k = edwards.challenge(*hashed, message)
                        if ((j + k * i) % 8 != 0) == rest:
                            s = (r + k * a) % L
                            tail = "; with a rest" if rest else ""
                            found.append(case(about + extra + tail, key, r_bytes + scalar(s), message))
                            break
                    if is_reencoded:
                        break
    return found


# Second implementations


def agree(case):
    key, message, signature = (bytes.fromhex(case[name]) for name in ("key", "message", "signature"))
    same("libsodium", sodium_holds(key, signature, message), case["holds"])
    # OpenSSL checks less; its verdict is that of the plain equation.
    same("OpenSSL", openssl_holds(key, signature, message), edwards.holds_leniently(key, signature, message))
    if "seed" in case:
        signer = SigningKey(bytes.fromhex(case["seed"]))
        same("key", bytes(signer.verify_key), key)
        same("signature", signer.sign(message).signature, signature)


def sodium_holds(key, signature, message):
    try:
        VerifyKey(key).verify(message, signature)
        return True
    except (BadSignatureError, ValueError):
        return False


def openssl_holds(key, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False
