import Primitives
import Testing

@testable import Noise

@Suite("Noise session")
struct NoiseSessionTests {
    private func sessions() throws -> (sender: NoiseSession, receiver: NoiseSession) {
        var pair = try HandshakePair()
        let (initiator, responder) = try pair.finish()
        return (initiator.session, responder.session)
    }

    @Test("plaintext is split so that messages fit their length")
    func splitting() throws {
        var (sender, receiver) = try self.sessions()
        let plaintext = [UInt8](repeating: 7, count: 65_519 + 1)
        let output = sender.encrypt(plaintext[...])
        #expect(output.count == 2 + 65_535 + 2 + 17)
        #expect(output.prefix(2) == [0xff, 0xff])
        #expect(output[65_537..<65_539] == [0, 17])
        #expect(try receiver.decrypt(output[...]) == plaintext)
        #expect(sender.encrypt([]).isEmpty)
    }

    @Test(
        "what encryption makes of bytes has a size that is known before",
        arguments: [0, 1, 65_518, 65_519, 65_520, 131_038, 131_039, 200_000]
    )
    func encryptedSize(count: Int) throws {
        var (sender, receiver) = try self.sessions()
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let output = sender.encrypt(plaintext[...])
        #expect(output.count == NoiseSession.encryptedBytes(of: count))
        let read = try receiver.decrypt(output[...])
        #expect(read == plaintext)
    }

    @Test("messages cut at every position arrive whole")
    func everySplit() throws {
        var (sender, receiver) = try self.sessions()
        let start = receiver
        let output = sender.encrypt([1, 2, 3]) + sender.encrypt([4, 5])
        for cut in 0...output.count {
            receiver = start
            let early = try receiver.decrypt(output[..<cut])
            let late = try receiver.decrypt(output[cut...])
            #expect(early + late == [1, 2, 3, 4, 5])
        }
        receiver = start
        var single: [UInt8] = []
        for byte in output { single += try receiver.decrypt([byte]) }
        #expect(single == [1, 2, 3, 4, 5])
    }

    @Test("RUSTSEC-2024-0011: an altered byte, a repeated or a lost message ends the session")
    func tampering() throws {
        var (sender, receiver) = try self.sessions()
        let start = receiver
        let first = sender.encrypt([1, 2, 3])
        let second = sender.encrypt([4])
        for position in 2..<first.count {
            var altered = first
            altered[position] ^= 0x80
            receiver = start
            #expect(throws: NoiseError.authentication) { try receiver.decrypt(altered[...]) }
            #expect(throws: NoiseError.authentication) { try receiver.decrypt(first[...]) }
        }
        receiver = start
        #expect(throws: NoiseError.authentication) { try receiver.decrypt((first + first)[...]) }
        receiver = start
        #expect(throws: NoiseError.authentication) { try receiver.decrypt(second[...]) }
    }

    @Test("a message shorter than a tag is refused", arguments: [0, 15])
    func tooShort(count: Int) throws {
        var (_, receiver) = try self.sessions()
        let message = framed([UInt8](repeating: 1, count: count))
        #expect(throws: NoiseError.tooShort) { try receiver.decrypt(message[...]) }
    }

    @Test("an empty message is legal and holds nothing")
    func emptyMessage() throws {
        var cipher = NoiseCipherState(key: secret(1))
        let message = framed(try cipher.encrypt([]))
        var receiver = NoiseSession(
            sending: NoiseCipherState(key: secret(2)),
            receiving: NoiseCipherState(key: secret(1))
        )
        #expect(try receiver.decrypt(message[...]) == [])
    }

    @Test("the last nonce is never used and never wraps")
    func nonceOverflow() throws {
        var sender = NoiseCipherState(key: secret(1), nonce: .max - 1)
        var receiver = NoiseCipherState(key: secret(1), nonce: .max - 1)
        let last = try sender.encrypt([1])
        #expect(try receiver.decrypt(last) == [1])
        for _ in 0..<2 {
            #expect(throws: NoiseError.nonceExhausted) { try sender.encrypt([1]) }
            #expect(throws: NoiseError.nonceExhausted) { try receiver.decrypt(last) }
        }
        var session = NoiseSession(sending: sender, receiving: receiver)
        #expect(session.encrypt([1, 2, 3]).isEmpty)
    }

    @Test("random bytes never crash a session", arguments: 0..<20 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var (_, receiver) = try self.sessions()
        let input = framed(generator.bytes(Int.random(in: 0...70, using: &generator)))
        #expect(throws: NoiseError.self) {
            for byte in input { _ = try receiver.decrypt([byte]) }
        }
    }
}
