import Cryptography
import Multiformats
import Primitives
import Testing

@testable import Noise

@Suite("Noise handshake")
struct NoiseHandshakeTests {
    @Test("R-03-016: both sides learn each other's peer id and can talk")
    func success() throws {
        var pair = try HandshakePair()
        var (initiator, responder) = try pair.finish()
        #expect(initiator.remotePeer == PeerID(ed25519: pair.bob.publicKey))
        #expect(responder.remotePeer == PeerID(ed25519: pair.alice.publicKey))
        try self.talk(&initiator, &responder)
    }

    @Test("C3-4: who meets the own key knows by the static secret whether it is another process")
    func oneself() throws {
        let identity = try SigningKey(seed: secret(1))
        func isOneself(_ peer: SigningKey, _ staticSecret: UInt8) throws -> [Bool] {
            var pair = try HandshakePair()
            pair.initiator = NoiseHandshake(
                role: .initiator,
                identity: identity,
                staticSecret: secret(3),
                ephemeralSecret: secret(4)
            )
            pair.responder = NoiseHandshake(
                role: .responder,
                identity: peer,
                staticSecret: secret(staticSecret),
                ephemeralSecret: secret(6)
            )
            let (initiator, responder) = try pair.finish()
            return [initiator.isOneself, responder.isOneself]
        }
        #expect(try isOneself(identity, 3) == [true, true])
        #expect(try isOneself(identity, 5) == [false, false])
        #expect(try isOneself(SigningKey(seed: secret(2)), 3) == [false, false])
    }

    private func talk(_ left: inout NoiseProgress, _ right: inout NoiseProgress) throws {
        var (leftSession, rightSession) = (left.session, right.session)
        for text in [[1, 2, 3], [UInt8](repeating: 9, count: 200_000)] as [[UInt8]] {
            let there = leftSession.encrypt(text[...])
            #expect(try rightSession.decrypt(there[...]) == text)
            let back = rightSession.encrypt(text[...])
            #expect(try leftSession.decrypt(back[...]) == text)
            #expect(there != back)
        }
    }

    @Test("the messages have the lengths of the XX pattern")
    func sizes() throws {
        var pair = try HandshakePair()
        let first = pair.initiator.start()
        #expect(first.count == 2 + 32)
        #expect(pair.initiator.start().isEmpty)
        #expect(pair.responder.start().isEmpty)
        _ = try pair.responder.receive(first[...])
        // Key message 2 + 36 and signature 2 + 64, then a tag each for key and payload.
        #expect(pair.responder.takeOutput().count == 2 + 32 + 48 + 104 + 16)
    }

    @Test("bytes cut at every position, and data behind the last message")
    func everySplit() throws {
        var sample = try HandshakePair()
        let first = sample.initiator.start()
        _ = try sample.responder.receive(first[...])
        let second = sample.responder.takeOutput()
        var (_, dialed) = (try sample.initiator.receive(second[...]), [UInt8]())
        dialed = sample.initiator.takeOutput() + [0xaa, 0xbb]

        for cut in 0...second.count {
            var pair = try HandshakePair()
            _ = pair.initiator.start()
            let early = try pair.initiator.receive(second[..<cut])
            let late = early == nil ? try pair.initiator.receive(second[cut...]) : nil
            #expect((early == nil) == (cut < second.count))
            #expect((early ?? late)?.remotePeer == PeerID(ed25519: pair.bob.publicKey))
        }
        for cut in 0...dialed.count {
            var pair = try HandshakePair()
            _ = try pair.responder.receive(first[...])
            let early = try pair.responder.receive(dialed[..<cut])
            let late = early == nil ? try pair.responder.receive(dialed[cut...]) : nil
            let expected = early == nil ? 2 : 2 - (dialed.count - cut)
            #expect((early ?? late)?.leftover == [0xaa, 0xbb].prefix(expected).map { UInt8($0) })
        }
    }

    @Test("any altered byte of the second or third message ends the handshake")
    func tampering() throws {
        var sample = try HandshakePair()
        let first = sample.initiator.start()
        _ = try sample.responder.receive(first[...])
        let second = sample.responder.takeOutput()
        _ = try sample.initiator.receive(second[...])
        let third = sample.initiator.takeOutput()
        for position in 2..<second.count {
            var pair = try HandshakePair()
            _ = pair.initiator.start()
            var altered = second
            altered[position] ^= 1
            #expect(throws: NoiseError.authentication) {
                try pair.initiator.receive(altered[...])
            }
            #expect(pair.initiator.takeOutput().isEmpty, "an unproven peer learns nothing")
        }
        for position in 2..<third.count {
            var pair = try HandshakePair()
            _ = try pair.responder.receive(first[...])
            var altered = third
            altered[position] ^= 1
            #expect(throws: NoiseError.authentication) {
                try pair.responder.receive(altered[...])
            }
            #expect(throws: NoiseError.authentication) { try pair.responder.receive(third[...]) }
        }
    }

    @Test("bytes before the start or after the end are refused")
    func outOfTurn() throws {
        var early = try HandshakePair()
        #expect(throws: NoiseError.unexpectedMessage) { try early.initiator.receive([0, 1, 2]) }
        var late = try HandshakePair()
        _ = try late.finish()
        #expect(throws: NoiseError.unexpectedMessage) { try late.initiator.receive([0]) }
        #expect(throws: NoiseError.unexpectedMessage) { try late.responder.receive([]) }
    }

    @Test("messages too short for their keys are refused", arguments: [0, 1, 31])
    func tooShort(count: Int) throws {
        var pair = try HandshakePair()
        let message = framed([UInt8](repeating: 9, count: count))
        #expect(throws: NoiseError.tooShort) { try pair.responder.receive(message[...]) }
        var other = try HandshakePair()
        _ = other.initiator.start()
        #expect(throws: NoiseError.tooShort) { try other.initiator.receive(message[...]) }
    }

    @Test("ephemeral keys of small order are refused", arguments: [0, 1] as [UInt8])
    func weakKey(low: UInt8) throws {
        var pair = try HandshakePair()
        let message = framed([low] + [UInt8](repeating: 0, count: 31))
        #expect(throws: NoiseError.weakKey) { try pair.responder.receive(message[...]) }
    }

    @Test("random bytes never crash a side", arguments: 0..<20 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<50 {
            var pair = try HandshakePair()
            _ = pair.initiator.start()
            let message = framed(generator.bytes(Int.random(in: 0...400, using: &generator)))
            #expect(throws: NoiseError.self) { try pair.initiator.receive(message[...]) }
            // A random first message is a valid key as a rule; a random third is never one.
            #expect(throws: NoiseError.self) {
                for _ in 0..<2 { _ = try pair.responder.receive(message[...]) }
            }
        }
    }

    @Test("nothing printed holds a secret")
    func redaction() throws {
        var pair = try HandshakePair()
        let (initiator, _) = try pair.finish()
        var text = "\(pair.initiator) \(initiator.session)"
        dump(pair.initiator, to: &text)
        dump(initiator.session, to: &text)
        #expect(!text.contains("secret") && !text.contains("key") && text.count < 300)
    }
}
