"""Sealed boxes: every length around a block, altered ones, and edges of Poly1305's arithmetic."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_decrypt,
    crypto_aead_chacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

import chacha
from chacha import PRIME
from common import drawn, flipped, same

FILE = "chacha20-poly1305.json"
ABOUT = "ChaCha20-Poly1305: `sealed` is ciphertext and tag; `message` is null where it must not open."
KEY, NONCE = drawn("box key", 32), drawn("box nonce", 12)


def case(about, message, sealed=None, key=KEY, nonce=NONCE, additional=b"", opens=True):
    """A box; without `sealed` it is the one of the message."""
    if sealed is None:
        sealed = chacha.seal(key, nonce, additional, message)
    return {
        "about": about,
        "key": key.hex(),
        "nonce": nonce.hex(),
        "additional": additional.hex(),
        "message": message.hex() if opens else None,
        "sealed": sealed.hex(),
    }


def cases():
    return lengths() + plain_patterns() + altered() + odd_keys() + sums() + tags()


def lengths():
    found = []
    sizes = [*range(0, 18), 31, 32, 33, 47, 48, 49, *range(62, 67), 79, 80, 81, 95, 96, 97]
    sizes += [127, 128, 129, 191, 192, 193, 255, 256, 257, 319, 320, 321, 511, 512, 513, 1_024]
    for number, size in enumerate(sizes):
        additional = drawn(f"additional {size}", [0, 1, 8, 12, 15, 16, 17, 20, 32, 33, 63, 64, 65, 100][number % 14])
        key, nonce = drawn(f"key {size}", 32), drawn(f"nonce {size}", 12)
        about = f"{size} bytes, {len(additional)} beside them"
        found.append(case(about, drawn(f"text {size}", size), key=key, nonce=nonce, additional=additional))
    for size in [1, 7, 13, 14, 15, 16, 17, 31, 32, 33, 128, 200, 300]:
        additional = drawn(f"only additional {size}", size)
        found.append(case(f"no bytes, {size} beside them", b"", additional=additional))
    return found


def plain_patterns():
    """Ciphertexts that are all ones, all zeros, or alternate, where carries gather."""
    found = []
    for name, pattern in {
        "zeros": b"\0",
        "ones": b"\xff",
        "high bits": b"\x80",
        "low words": b"\xff\xff\xff\xff\0\0\0\0",
        "high words": b"\0\0\0\0\xff\xff\xff\xff",
    }.items():
        for size in (16, 32, 64, 129, 240):
            ciphertext = (pattern * size)[:size]
            message = chacha.mixed(ciphertext, chacha.stream(KEY, NONCE, size))
            found.append(case(f"a ciphertext of {name}, {size} bytes", message))
            found.append(case(f"beside it {name}, {size} bytes", b"text", additional=ciphertext))
    return found


def altered():
    message, additional = b"what was said in confidence", b"header"
    sealed = chacha.seal(KEY, NONCE, additional, message)
    text, end = sealed[:-16], sealed[-16:]

    def shut(about, box=sealed, key=KEY, nonce=NONCE, beside=additional):
        return case(about, message, box, key, nonce, beside, opens=False)

    found = [case("the box as it is", message, sealed, additional=additional)]
    found += [shut(f"bit {bit} of the tag turned", text + flipped(end, bit)) for bit in range(128)]
    found += [shut(f"bit {bit} of the ciphertext turned", flipped(text, bit) + end) for bit in range(0, 8 * len(text), 7)]
    found += [shut(f"bit {bit} of the nonce turned", nonce=flipped(NONCE, bit)) for bit in range(96)]
    found += [shut(f"bit {bit} of the key turned", key=flipped(KEY, bit)) for bit in range(0, 256, 11)]
    found += [shut(f"bit {bit} of what is beside it turned", beside=flipped(additional, bit)) for bit in range(48)]
    found += [
        shut("two bits of the tag turned", text + flipped(end, 0, 64)),
        shut("two more bits of the tag turned", text + flipped(end, 31, 63)),
        shut("two far bits of the tag turned", text + flipped(end, 63, 127)),
        shut("a tag of zeros", text + bytes(16)),
        shut("a tag of ones", text + b"\xff" * 16),
        shut("all bits of the tag turned", text + bytes(byte ^ 255 for byte in end)),
        shut("all high bits of the tag turned", text + bytes(byte ^ 128 for byte in end)),
        shut("all low bits of the tag turned", text + bytes(byte ^ 1 for byte in end)),
        shut("the tag's halves exchanged", text + end[8:] + end[:8]),
        shut("the tag in front", end + text),
        shut("the tag cut to 15 bytes", sealed[:-1]),
        shut("the tag cut to 8 bytes", sealed[:-8]),
        shut("no tag", text),
        shut("half a tag and nothing else", end[:8]),
        shut("nothing at all", b""),
        shut("a zero behind", sealed + b"\0"),
        shut("a byte of the ciphertext is missing", text[:-1] + end),
        shut("a zero more in the ciphertext", text + b"\0" + end),
        shut("nothing beside it", beside=b""),
        shut("a zero more beside it", beside=additional + b"\0"),
        shut("one byte less beside it", beside=additional[:-1]),
        # Padding and lengths keep a byte from moving over.
        shut("a byte moved to what is beside it", text[1:] + end, beside=additional + text[:1]),
    ]
    for size in (0, 1, 8, 11, 13, 14, 16, 20, 24, 32):
        found.append(shut(f"a nonce of {size} bytes", nonce=(NONCE * 3)[:size]))
    for size in (0, 16, 31, 33, 64):
        found.append(shut(f"a key of {size} bytes", key=(KEY * 2)[:size]))
    return found


def odd_keys():
    """Nonces that were tried until r or s of Poly1305 has a limb of zeros or of ones."""
    def limbs(value, name):
        sizes = {"26 bits": [(26 * i, 12) for i in range(5)], "32 bits": [(32 * i + 20, 8) for i in range(4)]}
        for size, places in sizes.items():
            for start, count in places:
                yield f"{name}, {size} from {start}", value >> start & ((1 << count) - 1), (1 << count) - 1

    found, met = [], set()
    for number in range(6_000):
        nonce = number.to_bytes(12, "little")
        r, s = chacha.poly_key(KEY, nonce)
        for name, limb, ones in [*limbs(r, "r"), *limbs(s, "s")]:
            cleared = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF if name[0] == "r" else 2**130 - 1
            full = cleared >> int(name.split()[-1]) & ones
            kind = (name, limb == full)
            if limb in (0, full) and full and kind not in met:
                met.add(kind)
                bits = "ones" if limb == full else "zeros"
                found.append(case(f"{name}: {bits}", drawn(name, 80), nonce=nonce, additional=b"\xff" * 20))
    return found


SUMS = [0, 1, 2, 4, 5, 6, 10, 19, 20, 2**26 - 1, 2**32 - 1, 2**32, 2**44, 2**52 - 1, 2**64 - 1, 2**64]
SUMS += [2**96 - 2**32, 2**104 - 2**52, 2**128 - 1, 2**128, 2**128 + 1, 2**128 - 2**64, 2**129, 2**130 - 7]
SUMS += [2**130 - 6, 3 * 2**128 - 5, sum((2**13) << (26 * i) for i in range(5)), sum((2**32 - 1) << (64 * i) for i in range(2))]


def reaching(target, label, nonce):
    """A ciphertext of several blocks behind which Poly1305's sum is a target."""
    r, _ = chacha.poly_key(KEY, nonce)
    wanted = target * pow(r, -1, PRIME) % PRIME
    number = 0
    while True:
        start = drawn(f"{label} {number}", 48)
        last = (wanted - chacha.absorbed(0, start, r)) % PRIME - 2**128
        if 0 <= last < 2**128:
            return start + last.to_bytes(16, "little")
        number += 1


def opened(about, ciphertext, nonce):
    message = chacha.mixed(ciphertext, chacha.stream(KEY, nonce, len(ciphertext)))
    return case(about, message, nonce=nonce)


def sums():
    found = []
    for target in SUMS:
        for number in range(2):
            nonce = drawn(f"sum nonce {number}", 12)
            ciphertext = reaching(target, f"sum {target} {number}", nonce)
            about = f"the sum is {target:x} in the middle"
            found.append(opened(about, ciphertext + drawn(about, 16 * number), nonce))
    return found


def tags():
    """Boxes whose tag, or the sum before s is added, is on an edge."""
    wanted = [0, 1, 2**128 - 1, 2**127, 2**127 - 1, 2**64 - 1, 2**64, 2**96, 2**32 - 1, 0xFFFFFFFF << 96]
    r, s = chacha.poly_key(KEY, NONCE)
    size = 64
    block = int.from_bytes(chacha.lengths(b"", bytes(size)), "little") + 2**128
    found = []
    finals = [(f"a tag of {tag:x}", (tag - s) % 2**128) for tag in wanted]
    finals += [(f"a last sum of {value:x}", value) for value in (0, 1, 2**128 - 1, 2**128, 2**129, PRIME - 1)]
    for about, final in finals:
        # Both sums give the tag; the greater one is at the edge of the reduction.
        for extra in (0, 2**128):
            if final + extra < PRIME:
                before = (final + extra) * pow(r, -1, PRIME) - block
                ciphertext = reaching(before % PRIME, f"{about} {extra}", NONCE)
                found.append(opened(about + (", with a carry" if extra else ""), ciphertext, NONCE))
    return found


# Second implementations


def agree(case):
    values = [bytes.fromhex(case[name]) for name in ("key", "nonce", "additional", "sealed")]
    same("libsodium", or_none(sodium_open, *values), case["message"])
    same("OpenSSL", or_none(openssl_open, *values), case["message"])
    if case["message"] is not None:
        key, nonce, additional, sealed = values
        message = bytes.fromhex(case["message"])
        same("libsodium's box", crypto_aead_chacha20poly1305_ietf_encrypt(message, additional, nonce, key), sealed)
        same("OpenSSL's box", ChaCha20Poly1305(key).encrypt(nonce, message, additional), sealed)


def sodium_open(key, nonce, additional, sealed):
    return crypto_aead_chacha20poly1305_ietf_decrypt(sealed, additional, nonce, key)


def openssl_open(key, nonce, additional, sealed):
    return ChaCha20Poly1305(key).decrypt(nonce, sealed, additional)


def or_none(open_box, *values):
    try:
        return open_box(*values).hex()
    except (ValueError, CryptoError, InvalidTag):
        return None
