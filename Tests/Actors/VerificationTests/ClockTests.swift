import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Verification

@Suite("§2 The clock of this node and those of others")
struct ClockTests {
    private var machine = VerificationStateMachine(isLocalProfile: false)
    private var clock: ClockComparison? { self.machine.status.clock }

    /// A person signs a message, and somebody hands it over so much later by the own clock.
    ///
    /// - Returns: what is said of the own clock.
    private mutating func hear(
        _ person: Int,
        offset: Int64,
        at time: Int64 = 0,
        relay: Int? = nil,
        bySync: Bool = false
    ) throws -> [ClockStanding] {
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
            if case .warnOfClock(let comparison) = action { comparison.standing } else { nil }
        }
    }

    @Test("R-02-025: the offset is the lower median of the last fifty")
    mutating func median() throws {
        #expect(self.clock?.offsetMilliseconds == nil)
        for person in 0..<50 { _ = try self.hear(person, offset: Int64(person) * 100) }
        #expect(self.clock?.offsetMilliseconds == 2_400)
        for person in 50..<75 { _ = try self.hear(person, offset: 9_000) }
        #expect(self.clock?.offsetMilliseconds == 4_900)
        for person in 75..<100 { _ = try self.hear(person, offset: -9_000) }
        #expect(self.clock?.offsetMilliseconds == -9_000)
    }

    @Test(
        "T13, R-02-025, D-92: one offset a peer and minute counts, of what it said itself, on topics"
    )
    mutating func samples() throws {
        _ = try self.hear(1, offset: 10)
        _ = try self.hear(1, offset: 50_000, at: 59_999)
        _ = try self.hear(2, offset: 50_000, relay: 3)
        _ = try self.hear(4, offset: 50_000, bySync: true)
        #expect(self.clock?.offsetMilliseconds == 10)
        _ = try self.hear(1, offset: 5, at: 60_000)
        #expect(self.clock?.offsetMilliseconds == 5)
    }

    @Test("T13, D-92: a clock that is off by over two minutes is warned of once, on and off")
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
        #expect(right == [.right] && self.clock?.offsetMilliseconds == 0)
        _ = try self.hear(2, offset: 500, at: 3_600_002)
        #expect(self.clock?.offsetMilliseconds == 500)
    }

    @Test("D-92: messages that are refused for their time count up to an hour, or nobody noticed")
    mutating func refused() throws {
        let tooLate = try self.hear(1, offset: 3_600_001)
        #expect(tooLate.isEmpty && self.clock?.offsetMilliseconds == nil)
        let late = try self.hear(1, offset: -3_600_000)
        #expect(late == [.unreliable] && self.clock?.offsetMilliseconds == -3_600_000)
        #expect(self.machine.status.refused.map(\.code) == ["outside_time_window"])
    }

    /// A peer says in a handshake what time it is.
    private mutating func shake(_ person: Int, offset: Int64, at time: Int64 = 0) throws
        -> [VerificationAction]
    {
        let peer = NodeID(try SigningKey.named("person \(person)").publicKey)
        let answer = CompareClock(peer: peer, offsetMilliseconds: offset)
        return self.machine.compareClocks(answer, now: Sample.now.adding(milliseconds: time))
    }

    @Test("C2-7: handshakes tell that the clock is wrong, when no message of others is heard")
    mutating func handshakes() throws {
        let day: Int64 = 86_400_000
        for (time, offset) in [(0, -1_800_000), (day, day)] as [(Int64, Int64)] {
            let actions = try self.shake(1, offset: offset, at: time)
            let clock = try #require(self.clock)
            #expect(clock.offsetMilliseconds == offset && clock.peers == 1)
            #expect(clock.standing == .unreliable)
            let isTold = actions.contains { action in
                if case .tellOfClock(let told) = action { told == clock } else { false }
            }
            #expect(isTold, "other subsystems are told")
            self.machine = VerificationStateMachine(isLocalProfile: false)
        }
    }

    @Test("C2-7: one peer with a wrong clock is outvoted, and the words say how many were asked")
    mutating func outvoted() throws {
        let first = try self.shake(1, offset: 1_800_000)
        let warnings = first.compactMap { action in
            if case .warnOfClock(let comparison) = action { comparison.description } else { nil }
        }
        #expect(
            warnings == [
                "this node's clock is 1800 s ahead of that of the one peer it compared with"
            ]
        )
        for peer in 2...3 { _ = try self.shake(peer, offset: 400) }
        #expect(self.clock?.standing == .right)
        #expect(self.clock?.peers == 3)
    }

    @Test("C4-11: others are told of every second by which the median moves, and of no less")
    mutating func steps() throws {
        let told = try [100, 1_099, 100, 2_000, 2_500, 3_000].enumerated().map { number, offset in
            // One peer, heard every hour anew: the median is what it said last.
            let actions = try self.shake(1, offset: Int64(offset), at: Int64(number) * 3_600_001)
            return actions.contains { if case .tellOfClock = $0 { true } else { false } }
        }
        #expect(told == [true, false, false, true, false, true])
    }
}
