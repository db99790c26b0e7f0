"""The protocol as a foreign peer needs it: keys, envelopes, proofs of delay, frames.

Written from the protocol text and not from the node's sources, so that a mistake has to be made
twice before it goes unnoticed. Payloads here are ASCII, hence plain sorted JSON is RFC 8785.
"""

import hashlib
import json
import os
import time

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUTH = "/valence/auth/1.0.0"
SYNC = "/valence/sync/1.0.0"
CONTENT = "/valence/content/1.0.0"
# Of the tests alone: one document there, the same one back, each side half-closes behind it.
ECHO = "/valence-test/echo/1.0.0"
PROPOSALS, VOTES, PEERS = "/valence/proposals", "/valence/votes", "/valence/peers"
TOPICS = (PROPOSALS, VOTES, PEERS)

DIFFICULTY, SEGMENTS = 1_000_000, 10


def now() -> int:
    """Unix milliseconds."""
    return int(time.time() * 1000)


def canonical(value) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Key:
    """A node key, which is the libp2p host key too."""

    def __init__(self, seed: bytes | None = None):
        self.seed = seed or os.urandom(32)
        self.private = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.node_id = self.public.hex()
        self.peer_bytes = bytes.fromhex("002408011220") + self.public
        self.peer_id = base58.b58encode(self.peer_bytes).decode()
        self._proof = None

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)

    @property
    def libp2p_private(self) -> bytes:
        """The private key as libp2p's protobuf has it."""
        return bytes.fromhex("08011240") + self.seed + self.public

    @property
    def proof(self) -> dict:
        """Proof of delay; the first call takes a second."""
        if self._proof is None:
            started = now()
            checkpoints = []
            digest = hashlib.sha256(self.public).digest()
            for number in range(1, SEGMENTS + 1):
                for _ in range(DIFFICULTY // SEGMENTS):
                    digest = hashlib.sha256(digest).digest()
                iteration = number * DIFFICULTY // SEGMENTS
                checkpoints.append({"iteration": iteration, "hash": digest.hex()})
            self._proof = {
                "output": digest.hex(),
                "input_data": self.node_id,
                "difficulty": DIFFICULTY,
                "computed_at": started,
                "checkpoints": checkpoints,
            }
        return self._proof


def verifies(node_id: str, signature: str, data: bytes) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(node_id))
        key.verify(bytes.fromhex(signature), data)
        return True
    except (InvalidSignature, ValueError):
        return False


# Envelopes


def signing_body(envelope: dict) -> bytes:
    return canonical({name: envelope[name] for name in ("from", "payload", "timestamp", "type")})


def envelope(key: Key, kind: str, payload: dict, timestamp: int | None = None) -> dict:
    message = {
        "version": 0,
        "type": kind,
        "from": key.node_id,
        "timestamp": timestamp or now(),
        "payload": payload,
    }
    body = signing_body(message)
    return message | {"id": hashlib.sha256(body).hexdigest(), "signature": key.sign(body).hex()}


def check_envelope(data: bytes) -> dict:
    """The envelope in `data`, if id and signature hold."""
    message = json.loads(data)
    body = signing_body(message)
    assert message["version"] == 0, "version is not 0"
    assert message["id"] == hashlib.sha256(body).hexdigest(), "the id is not the body's hash"
    assert verifies(message["from"], message["signature"], body), "the signature does not hold"
    return message


def request(key: Key, title: str) -> dict:
    payload = {"title": title, "body": "", "tags": ["interop"], "expires": None}
    return envelope(key, "REQUEST", payload)


def proposal(key: Key, title: str, content: bytes = b"content") -> dict:
    import base64

    timestamp = now()
    payload = {
        "title": title,
        "body": "from a foreign peer",
        "tags": ["interop"],
        "description": "an artefact",
        "content_hash": hashlib.sha256(content).hexdigest(),
        "content_type": "text/plain",
        "content_size": len(content),
        "content_inline": base64.b64encode(content).decode(),
        "request_id": None,
        "supersedes": None,
        "claims": [],
        "tier": "standard",
        "eol": None,
        "voting_deadline": timestamp + 14 * 86_400_000,
    }
    return envelope(key, "PROPOSE", payload, timestamp)


def vote(key: Key, proposal_id: str, stance: str = "endorse") -> dict:
    payload = {"proposal_id": proposal_id, "stance": stance, "sync_status": "synced"}
    return envelope(key, "VOTE", payload)


def announcement(key: Key, address: str) -> dict:
    payload = {
        "addresses": [address],
        "capabilities": ["vote", "interop"],
        "version": 0,
        "uptime_seconds": 1,
        "vdf_proof": key.proof,
        "sync_status": "synced",
    }
    return envelope(key, "PEER_ANNOUNCE", payload)


def sync_request(key: Key, **members) -> dict:
    payload = {"since_timestamp": 0, "since_id": None, "types": [], "limit": 100}
    return envelope(key, "SYNC_REQUEST", payload | members)


# The handshake


def challenge(key: Key, nonce: bytes) -> dict:
    payload = {"nonce": nonce.hex(), "initiator_key": key.node_id}
    return {"type": "AUTH_CHALLENGE", "payload": payload}


def answer_challenge(key: Key, frame: bytes) -> bytes:
    """The AUTH_RESPONSE to a challenge."""
    document = json.loads(frame)
    assert document["type"] == "AUTH_CHALLENGE", f"{document['type']} instead of a challenge"
    asked = document["payload"]
    signed = bytes.fromhex(asked["nonce"]) + bytes.fromhex(asked["initiator_key"])
    payload = {
        "signature": key.sign(signed).hex(),
        "public_key": key.node_id,
        "vdf_proof": key.proof,
    }
    return canonical({"type": "AUTH_RESPONSE", "payload": payload})


def check_response(frame: bytes, nonce: bytes, own: Key, node_id: str) -> None:
    """Raises unless the response proves that `node_id` answered, and did its work."""
    document = json.loads(frame)
    assert document["type"] == "AUTH_RESPONSE", f"{document['type']} instead of a response"
    answer = document["payload"]
    assert answer["public_key"] == node_id, "another key answered"
    assert verifies(node_id, answer["signature"], nonce + own.public), "the signature fails"
    check_proof(answer["vdf_proof"], node_id)


def check_proof(proof: dict, node_id: str) -> None:
    assert proof["input_data"] == node_id and proof["difficulty"] == DIFFICULTY
    assert len(proof["checkpoints"]) == SEGMENTS
    digest = hashlib.sha256(bytes.fromhex(node_id)).digest()
    for point in proof["checkpoints"]:
        for _ in range(DIFFICULTY // SEGMENTS):
            digest = hashlib.sha256(digest).digest()
        assert digest.hex() == point["hash"], f"checkpoint {point['iteration']} is wrong"
    assert proof["output"] == digest.hex()


# Frames of stream exchanges


def frame(document: bytes) -> bytes:
    return len(document).to_bytes(4, "big") + document
