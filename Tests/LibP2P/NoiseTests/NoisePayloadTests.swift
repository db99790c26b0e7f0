import Cryptography
import Multiformats
import Testing

@testable import Noise

@Suite("Noise payload")
struct NoisePayloadTests {
    private let identity: SigningKey
    private let staticKey = X25519.publicKey(of: secret(7))

    init() throws { self.identity = try SigningKey(seed: secret(1)) }

    private func payload(key: [UInt8], signature: [UInt8]) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.append(bytes: key, field: 1)
        writer.append(bytes: signature, field: 2)
        return writer.bytes
    }

    private var goodKey: [UInt8] { PublicKeyProtobuf.encode(self.identity.publicKey) }

    private var goodSignature: [UInt8] {
        let message = Array("noise-libp2p-static-key:".utf8) + self.staticKey
        return self.identity.sign(message).array
    }

    @Test("the payload holds key and signature and nothing else")
    func encoding() {
        let bytes = NoisePayload.encode(staticKey: self.staticKey, identity: self.identity)
        #expect(bytes == self.payload(key: self.goodKey, signature: self.goodSignature))
    }

    @Test("extensions and unknown fields are ignored")
    func extensions() throws {
        var writer = ProtobufWriter()
        var muxers = ProtobufWriter()
        muxers.append(string: "/yamux/1.0.0", field: 2)
        writer.append(varint: 5, field: 9)
        writer.append(bytes: self.goodKey, field: 1)
        writer.append(bytes: self.goodSignature, field: 2)
        writer.append(bytes: muxers.bytes, field: 4)
        let peer = try NoisePayload.peer(of: writer.bytes, staticKey: self.staticKey)
        #expect(peer == PeerID(ed25519: self.identity.publicKey))
    }

    @Test("a signature over another static key is refused")
    func otherStaticKey() {
        let bytes = NoisePayload.encode(staticKey: secret(8), identity: self.identity)
        #expect(throws: NoiseError.identitySignature) {
            try NoisePayload.peer(of: bytes, staticKey: self.staticKey)
        }
    }

    @Test("RUSTSEC-2019-0004: a signature of another identity or another length is refused")
    func otherIdentity() throws {
        let other = PublicKeyProtobuf.encode(try SigningKey(seed: secret(2)).publicKey)
        let forged = self.payload(key: other, signature: self.goodSignature)
        let short = self.payload(key: self.goodKey, signature: [1, 2, 3])
        for bytes in [forged, short] {
            #expect(throws: NoiseError.identitySignature) {
                try NoisePayload.peer(of: bytes, staticKey: self.staticKey)
            }
        }
    }

    @Test("CVE-2023-39533: identities that are no Ed25519 keys are refused by name")
    func otherKeyType() {
        let secp256k1 = [0x08, 0x02, 0x12, 0x21] + [UInt8](repeating: 2, count: 33)
        let bytes = self.payload(key: secp256k1, signature: self.goodSignature)
        let expected = NoiseError.identityKey(.keyType(2))
        #expect(throws: expected) {
            try NoisePayload.peer(of: bytes, staticKey: self.staticKey)
        }
        #expect(expected.description.contains("Secp256k1"))
        #expect(expected.description.contains("Ed25519"))
    }

    @Test("payloads that lack a field or are no protobuf are refused")
    func malformed() {
        var onlyKey = ProtobufWriter()
        onlyKey.append(bytes: self.goodKey, field: 1)
        var onlySignature = ProtobufWriter()
        onlySignature.append(bytes: self.goodSignature, field: 2)
        for bytes in [[], onlyKey.bytes, onlySignature.bytes, [0x0a, 0xff], [0x0f]] {
            #expect(throws: NoiseError.payload) {
                try NoisePayload.peer(of: bytes, staticKey: self.staticKey)
            }
        }
    }

    @Test("a peer with a bad identity gets no answer", arguments: [false, true])
    func badIdentityInHandshake(isInitiator: Bool) throws {
        var pair = try HandshakePair()
        let role: NoiseRole = isInitiator ? .initiator : .responder
        var liar = NoiseXX(
            role: role,
            prologue: [],
            staticSecret: secret(9),
            ephemeralSecret: secret(10)
        )
        let lie = NoisePayload.encode(staticKey: secret(8), identity: self.identity)
        if isInitiator {
            let first = framed(try liar.write([]))
            _ = try pair.responder.receive(first[...])
            _ = try liar.read(Array(pair.responder.takeOutput().dropFirst(2)))
            let third = framed(try liar.write(lie))
            #expect(throws: NoiseError.identitySignature) {
                try pair.responder.receive(third[...])
            }
        } else {
            _ = try liar.read(Array(pair.initiator.start().dropFirst(2)))
            let second = framed(try liar.write(lie))
            #expect(throws: NoiseError.identitySignature) {
                try pair.initiator.receive(second[...])
            }
            #expect(pair.initiator.takeOutput().isEmpty)
        }
    }
}
