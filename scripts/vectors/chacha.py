"""ChaCha20-Poly1305 (RFC 8439) in plain integers."""

import struct

PRIME = 2**130 - 5
MASK = 0xFFFFFFFF


def quarter(state, a, b, c, d):
    for left, right, other, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[left] = (state[left] + state[right]) & MASK
        value = state[other] ^ state[left]
        state[other] = (value << turn | value >> (32 - turn)) & MASK


def block(key, nonce, counter):
    start = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key))
    start += [counter, *struct.unpack("<3I", nonce)]
    state = list(start)
    for _ in range(10):
        for column in range(4):
            quarter(state, column, 4 + column, 8 + column, 12 + column)
        for row in range(4):
            quarter(state, row, 4 + (row + 1) % 4, 8 + (row + 2) % 4, 12 + (row + 3) % 4)
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(start, state)))


def stream(key, nonce, count):
    blocks = range(1, (count + 63) // 64 + 1)
    return b"".join(block(key, nonce, number) for number in blocks)[:count]


def mixed(left, right):
    return bytes(a ^ b for a, b in zip(left, right))


def poly_key(key, nonce):
    """The multiplier r with its bits cleared, and s."""
    data = block(key, nonce, 0)
    r = int.from_bytes(data[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    return r, int.from_bytes(data[16:32], "little")


def padded(data):
    return data + bytes(-len(data) % 16)


def lengths(additional, ciphertext):
    return struct.pack("<QQ", len(additional), len(ciphertext))


def absorbed(accumulator, data, r):
    """Poly1305's sum behind whole blocks."""
    for at in range(0, len(data), 16):
        accumulator = (accumulator + int.from_bytes(data[at : at + 16], "little") + 2**128) * r % PRIME
    return accumulator


def tag(key, nonce, additional, ciphertext):
    r, s = poly_key(key, nonce)
    data = padded(additional) + padded(ciphertext) + lengths(additional, ciphertext)
    return ((absorbed(0, data, r) + s) % 2**128).to_bytes(16, "little")


def seal(key, nonce, additional, plaintext):
    ciphertext = mixed(plaintext, stream(key, nonce, len(plaintext)))
    return ciphertext + tag(key, nonce, additional, ciphertext)
