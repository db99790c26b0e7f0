"""Whole conversations of Noise_XX_25519_ChaChaPoly_SHA256, and handshakes that must fail."""

import hashlib
import warnings

from cryptography.exceptions import InvalidTag
from noise.connection import Keypair, NoiseConnection
from noise.exceptions import NoiseInvalidMessage, NoiseValueError

import chacha
import montgomery
from common import Disagreement, drawn, flipped, same
from kdf_suite import code

FILE = "noise-xx.json"
ABOUT = (
    "Noise XX: the sides take turns, the initiator begins, and the handshake is three messages. A case "
    "with `fails_at` gives what the reader gets; it must refuse the message of that number and no "
    "earlier one. Where that message is absent, its writer must refuse to go on."
)
# The library warns of keys that are given rather than drawn, as vectors demand.
warnings.filterwarnings("ignore", module="noise")
NAME = b"Noise_XX_25519_ChaChaPoly_SHA256"
PATTERN = [["e"], ["e", "ee", "s", "es"], ["s", "se"]]


class Refused(Exception):
    pass


class Cipher:
    def __init__(self, key):
        self.key, self.number = key, 0

    def nonce(self):
        self.number += 1
        return bytes(4) + (self.number - 1).to_bytes(8, "little")

    def seal(self, additional, text):
        return chacha.seal(self.key, self.nonce(), additional, text) if self.key else text

    def open(self, additional, box):
        if not self.key:
            return box
        nonce, text, tag = self.nonce(), box[:-16], box[-16:]
        if len(box) < 16 or chacha.tag(self.key, nonce, additional, text) != tag:
            raise Refused
        return chacha.mixed(text, chacha.stream(self.key, nonce, len(text)))


class Side:
    """One party, written down from sections 5 and 7.5 of the Noise specification."""

    def __init__(self, is_initiator, prologue, static, ephemeral):
        self.is_initiator, self.keys = is_initiator, {"s": static, "e": ephemeral}
        self.remote = {}
        self.hash = self.chain = NAME.ljust(32, b"\0")
        self.cipher = Cipher(None)
        self.mix_hash(prologue)

    def mix_hash(self, data):
        self.hash = hashlib.sha256(self.hash + data).digest()

    def derived(self, secret):
        key = code(self.chain, secret)
        first = code(key, b"\x01")
        return first, code(key, first + b"\x02")

    def mix_key(self, token):
        # The first letter is the initiator's key, the second the responder's.
        own, other = (token[0], token[1]) if self.is_initiator else (token[1], token[0])
        secret = montgomery.shared(self.keys[own], self.remote[other])
        if not any(secret):
            raise Refused
        self.chain, key = self.derived(secret)
        self.cipher = Cipher(key)

    def seal(self, text):
        box = self.cipher.seal(self.hash, text)
        self.mix_hash(box)
        return box

    def open(self, box):
        text = self.cipher.open(self.hash, box)
        self.mix_hash(box)
        return text

    def write(self, number, payload):
        output = b""
        for token in PATTERN[number]:
            if len(token) == 2:
                self.mix_key(token)
                continue
            public = montgomery.shared(self.keys[token], (9).to_bytes(32, "little"))
            if token == "e":
                self.mix_hash(public)
                output += public
            else:
                output += self.seal(public)
        return output + self.seal(payload)

    def read(self, number, message):
        for token in PATTERN[number]:
            if len(token) == 2:
                self.mix_key(token)
                continue
            size = 48 if token == "s" and self.cipher.key else 32
            if len(message) < size:
                raise Refused
            part, message = message[:size], message[size:]
            if token == "e":
                self.mix_hash(part)
                self.remote["e"] = part
            else:
                self.remote["s"] = self.open(part)
        return self.open(message)

    def split(self):
        return [Cipher(key) for key in self.derived(b"")]


def sides(label, prologues):
    return [
        Side(number == 0, prologues[number], drawn(f"{label}, static {number}", 32), drawn(f"{label}, ephemeral {number}", 32))
        for number in (0, 1)
    ]


def described(about, parties, prologues):
    initiator, responder = parties
    return {
        "about": about,
        "initiator_prologue": prologues[0].hex(),
        "initiator_static": initiator.keys["s"].hex(),
        "initiator_ephemeral": initiator.keys["e"].hex(),
        "responder_prologue": prologues[1].hex(),
        "responder_static": responder.keys["s"].hex(),
        "responder_ephemeral": responder.keys["e"].hex(),
    }


def conversation(about, prologue, payloads):
    parties = sides(about, [prologue] * 2)
    found = described(about, parties, [prologue] * 2)
    messages = []
    for number, payload in enumerate(payloads[:3]):
        message = parties[number % 2].write(number, payload)
        same("payload", parties[1 - number % 2].read(number, message), payload)
        messages.append({"payload": payload.hex(), "ciphertext": message.hex()})
    found["hash"] = parties[0].hash.hex()
    ciphers = parties[0].split()
    for number, payload in enumerate(payloads[3:], 3):
        # The first cipher is the initiator's.
        box = ciphers[number % 2].seal(b"", payload)
        messages.append({"payload": payload.hex(), "ciphertext": box.hex()})
    return found | {"messages": messages}


def failing(about, prologues=(b"one",) * 2, change=None, at=None):
    """A handshake in which a message is changed on its way, or the sides begin differently."""
    parties = sides(about, prologues)
    found = described(about, parties, prologues)
    messages = []
    for number in range(3):
        payload = f"payload {number}".encode()
        try:
            message = parties[number % 2].write(number, payload)
        except Refused:
            return found | {"messages": messages, "fails_at": number}
        if number == at:
            message = change(message)
        messages.append({"payload": payload.hex(), "ciphertext": message.hex()})
        try:
            parties[1 - number % 2].read(number, message)
        except Refused:
            return found | {"messages": messages, "fails_at": number}
    raise AssertionError(f"{about}: nothing failed")


def cases():
    sizes = [(0, 0, 0), (1, 16, 15), (64, 63, 65), (300, 0, 5), (0, 200, 0), (33, 1_000, 17)]
    found = [conversation("empty payloads, no prologue", b"", [b""] * 8)]
    for number, handshake in enumerate(sizes):
        prologue = drawn(f"prologue {number}", [0, 1, 31, 32, 64, 200][number])
        payloads = [drawn(f"payload {number} {i}", size) for i, size in enumerate(handshake)]
        payloads += [drawn(f"transport {number} {i}", 37 * i % 130) for i in range(6 + number)]
        about = f"payloads of {handshake} bytes, a prologue of {len(prologue)}"
        found.append(conversation(about, prologue, payloads))
    return found + refused()


def refused():
    found = [
        failing("prologues differ", (b"one", b"two")),
        failing("one side has no prologue", (b"one", b"")),
    ]
    # Parts of the messages: a key of 32, a sealed key of 48, and the sealed payload.
    for at, part, start in (
        (0, "ephemeral key", 0),
        (0, "payload", 32),
        (1, "ephemeral key", 0),
        (1, "static key", 32),
        (1, "tag of the static key", 64),
        (1, "payload", 80),
        (2, "static key", 0),
        (2, "tag of the static key", 32),
        (2, "payload", 48),
    ):
        turned = lambda message, start=start: flipped(message, 8 * start + 3)
        found.append(failing(f"a bit of the {part} of message {at} is turned", change=turned, at=at))
    for at, size in ((0, 31), (0, 0), (1, 31), (1, 79), (1, 95), (2, 47), (2, 63), (2, 0)):
        cut = lambda message, size=size: message[:size]
        found.append(failing(f"message {at} is cut to {size} bytes", change=cut, at=at))
    for at in (0, 1, 2):
        found.append(failing(f"a zero behind message {at}", change=lambda message: message + b"\0", at=at))
    for at in (0, 1):
        for u in (0, 1, montgomery.P - 1, montgomery.P, montgomery.P + 1):
            weak = lambda message, u=u: u.to_bytes(32, "little") + message[32:]
            found.append(failing(f"the ephemeral key of message {at} is {u:x}, of low order", change=weak, at=at))
    return found


# Second implementation


def other_sides(case):
    found = []
    for name in ("initiator", "responder"):
        side = NoiseConnection.from_name(NAME)
        (side.set_as_initiator if name == "initiator" else side.set_as_responder)()
        side.set_prologue(bytes.fromhex(case[f"{name}_prologue"]))
        for kind, word in ((Keypair.STATIC, "static"), (Keypair.EPHEMERAL, "ephemeral")):
            side.set_keypair_from_private_bytes(kind, bytes.fromhex(case[f"{name}_{word}"]))
        side.start_handshake()
        found.append(side)
    return found


def agree(case):
    parties = other_sides(case)
    for number, message in enumerate(case["messages"]):
        payload, box = bytes.fromhex(message["payload"]), bytes.fromhex(message["ciphertext"])
        try:
            written, read = exchanged(parties, number, payload, box)
        except (InvalidTag, NoiseInvalidMessage, NoiseValueError, ValueError):
            return same("fails at", number, case.get("fails_at"))
        if "fails_at" not in case:
            same("payload", read, payload)
            same("message", written, box)
        if number == 2:
            same("hash", parties[0].get_handshake_hash().hex(), case.get("hash"))
    if "fails_at" in case:
        number = len(case["messages"])
        same("fails at", number, case["fails_at"])
        try:
            parties[number % 2].write_message(b"")
        except ValueError:
            return
        raise Disagreement("the writer goes on")


def exchanged(parties, number, payload, box):
    """What one side writes, and what the other reads in a box."""
    writer, reader = parties[number % 2], parties[1 - number % 2]
    if number < 3:
        return bytes(writer.write_message(payload)), bytes(reader.read_message(box))
    return writer.encrypt(payload), reader.decrypt(box)
