import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Identity

@Suite("ADR 0033: the stamps of own messages")
struct StampTests {
    private var machine: IdentityStateMachine

    init() throws { self.machine = IdentityStateMachine(key: try Fixture.key(0)) }

    /// Posts the same words at a moment.
    private mutating func post(at offset: Int64) throws -> Message {
        let draft = Draft.request(title: "the same words")
        let command = PublishMessage(type: .request, payload: .object(draft.members))
        let action = self.machine.publish(command, now: Fixture.now.adding(milliseconds: offset))
        guard case .admit(let bytes, .local(nil, key: nil)) = action else {
            throw CancellationError()
        }
        return try EnvelopeCodec.decode(bytes)
    }

    private func offset(_ message: Message) -> Int64 {
        message.timestamp.milliseconds(since: Fixture.now)
    }

    @Test("C3-6: equal posts of one millisecond are two messages, each later than the one before")
    mutating func rising() throws {
        let posts = try (0..<3).map { _ in try self.post(at: 0) }
        #expect(posts.map(self.offset) == [0, 1, 2])
        #expect(Set(posts.map(\.id)).count == 3)
        let later = try self.post(at: 100)
        #expect(self.offset(later) == 100)
    }

    @Test(
        "C4-1: stamps rise while a clock is a minute behind them, and follow one set back further"
    )
    mutating func setBack() throws {
        #expect(try self.offset(self.post(at: 0)) == 0)
        #expect(try self.offset(self.post(at: -59_999)) == 1)
        #expect(try self.offset(self.post(at: -3_600_000)) == -3_600_000)
        #expect(try self.offset(self.post(at: -3_600_000)) == -3_599_999)
    }

    @Test("C3-6: after a restart stamps go on from the newest own message of the log")
    mutating func restart() throws {
        let own = try Fixture.request(by: 0, at: 500)
        let other = try Fixture.request(by: 1, at: 900)
        for message in [own, other] { _ = self.machine.logged(message, isReplay: true) }
        #expect(try self.offset(self.post(at: 0)) == 501)
    }
}
