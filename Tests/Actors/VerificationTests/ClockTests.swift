import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Verification

@Suite("§2 The clock of this node and those of others")
struct ClockTests {
    private var machine = VerificationStateMachine(isLocalProfile: false)

    /// A person signs a message, and somebody hands it over so much later by the own clock.
    ///
    /// - Returns: what is said of the own clock.
    private mutating func hear(
        _ person: Int,
        offset: Int64,
        at time: Int64 = 0,
        relay: Int? = nil,
        bySync: Bool = false
    ) throws -> [ClockOffsets.Standing] {
        let now = Sample.now.adding(milliseconds: time)
        let message = try Draft.request(title: "\(person) at \(time)").signed(
            by: .named("person \(person)"),
            at: now.adding(milliseconds: -offset)
        )
        let peer = NodeID(try SigningKey.named("person \(relay ?? person)").publicKey)
        let request = AdmitMessage(
            bytes: message.canonical,
            origin: bySync
                ? .sync(peer: peer) : .gossip(relay: peer, topic: .proposals, ticket: 0)
        )
        return self.machine.admit(request, now: now).compactMap { action in
            if case .warnOfClock(let standing, _) = action { standing } else { nil }
        }
    }

    @Test("R-02-025: the offset is the lower median of the last fifty")
    mutating func median() throws {
        #expect(self.machine.clockOffset == nil)
        for person in 0..<50 { _ = try self.hear(person, offset: Int64(person) * 100) }
        #expect(self.machine.clockOffset == 2_400)
        for person in 50..<75 { _ = try self.hear(person, offset: 9_000) }
        #expect(self.machine.clockOffset == 4_900)
        for person in 75..<100 { _ = try self.hear(person, offset: -9_000) }
        #expect(self.machine.clockOffset == -9_000)
    }

    @Test("R-02-025, D-92: one offset a peer and minute counts, of what it said itself, on topics")
    mutating func samples() throws {
        _ = try self.hear(1, offset: 10)
        _ = try self.hear(1, offset: 50_000, at: 59_999)
        _ = try self.hear(2, offset: 50_000, relay: 3)
        _ = try self.hear(4, offset: 50_000, bySync: true)
        #expect(self.machine.clockOffset == 10)
        _ = try self.hear(1, offset: 5, at: 60_000)
        #expect(self.machine.clockOffset == 5)
    }

    @Test("D-92: a clock that is off by over two minutes is warned of once, on and off")
    mutating func warning() throws {
        var said = [try self.hear(1, offset: 120_000)]
        said.append(try self.hear(2, offset: 120_001))
        said.append(try self.hear(3, offset: 120_001))
        said.append(try self.hear(4, offset: 120_001))
        #expect(said == [[], [], [.wrong], []])
        for person in 5..<11 { said.append(try self.hear(person, offset: 180_001)) }
        for person in 11..<60 { said.append(try self.hear(person, offset: 0)) }
        #expect(said.flatMap { $0 } == [.wrong, .unreliable, .wrong, .right])
    }

    @Test("D-92: a clock that is put right hears others anew; offsets are forgotten after an hour")
    mutating func correction() throws {
        let fast = try self.hear(1, offset: 1_800_000, at: 1_800_000)
        #expect(fast == [.unreliable])
        let right = try self.hear(1, offset: 0, at: 1)
        #expect(right == [.right] && self.machine.clockOffset == 0)
        _ = try self.hear(2, offset: 500, at: 3_600_002)
        #expect(self.machine.clockOffset == 500)
    }

    @Test("D-92: messages that are refused for their time count up to an hour, or nobody noticed")
    mutating func refused() throws {
        let tooLate = try self.hear(1, offset: 3_600_001)
        #expect(tooLate.isEmpty && self.machine.clockOffset == nil)
        let late = try self.hear(1, offset: -3_600_000)
        #expect(late == [.unreliable] && self.machine.clockOffset == -3_600_000)
        #expect(self.machine.refusalCounts.map(\.code) == ["outside_time_window"])
    }
}
