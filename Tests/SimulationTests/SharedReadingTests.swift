import Cryptography
import Messages
import Primitives
import Testing

@testable import Simulation

@Suite("Nodes of one world share what one of them read")
struct SharedReadingTests {
    private static let accepted = EnvelopeCodec.acceptedVersions

    private static func message(_ title: String) throws -> Message {
        try EnvelopeCodec.sign(
            .request,
            payload: Request(title: title, body: "b", tags: []).json,
            timestamp: Timestamp(milliseconds: 1_767_225_600_000),
            key: SigningKey(seed: Array(repeating: 7, count: 32))
        )
    }

    private func read(
        _ bytes: [UInt8],
        by reading: SharedReading,
        limits: JSONLimits = .message,
        versions: Set<Int64> = SharedReadingTests.accepted
    ) throws(Refusal) -> Message {
        try reading.decode(bytes, limits: limits, acceptedVersions: versions)
    }

    @Test("the same bytes are read once, and other bytes are another message")
    func once() throws {
        let reading = SharedReading()
        let (one, other) = (try Self.message("one"), try Self.message("other"))
        let first = try self.read(one.canonical, by: reading)
        let second = try self.read(Array(one.canonical), by: reading)
        #expect(first === second && first.id == one.id)
        let third = try self.read(other.canonical, by: reading)
        #expect(third.id == other.id)
    }

    @Test("who accepts other versions, or has other limits, is not given what others read")
    func otherRules() throws {
        let reading = SharedReading()
        let bytes = try Self.message("one").canonical
        let first = try self.read(bytes, by: reading)
        #expect(throws: Refusal.self) { try self.read(bytes, by: reading, versions: [1]) }
        var narrow = JSONLimits.message
        narrow.bytesMax = bytes.count - 1
        #expect(throws: Refusal.self) { try self.read(bytes, by: reading, limits: narrow) }
        let again = try self.read(bytes, by: reading)
        #expect(first === again)
    }

    @Test("what is no message is refused to everybody")
    func refused() throws {
        let reading = SharedReading()
        let bytes = Array(try Self.message("one").canonical.dropLast())
        for _ in 0..<2 {
            #expect(throws: Refusal.self) { try self.read(bytes, by: reading) }
        }
    }

    @Test("what was read long ago is read again")
    func forgotten() throws {
        let reading = SharedReading(turn: 2)
        let messages = try (0..<5).map { try Self.message("\($0)").canonical }
        let first = try self.read(messages[0], by: reading)
        _ = try self.read(messages[1], by: reading)
        _ = try self.read(messages[2], by: reading)
        let kept = try self.read(messages[0], by: reading)
        #expect(kept === first)
        for bytes in messages.dropFirst(3) { _ = try self.read(bytes, by: reading) }
        let anew = try self.read(messages[0], by: reading)
        #expect(anew !== first)
    }
}
