import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Identity

@Suite("§5 Live messages while this node syncs")
struct LiveMessageTests {
    private var machine: IdentityStateMachine

    init() throws { self.machine = IdentityStateMachine(key: try Fixture.key(0)) }

    private static func live(_ message: Message, ticket: UInt64 = 1) throws -> IdentifySender {
        IdentifySender(
            message: message,
            origin: .gossip(relay: try Fixture.node(9), topic: .proposals, ticket: ticket),
            receivedAt: Fixture.now
        )
    }

    private static func message(_ draft: Draft, by key: Int, at offset: Int64 = 0) throws -> Message
    {
        try draft.signed(by: try Fixture.key(key), at: Fixture.now.adding(milliseconds: offset))
    }

    /// Of each phase one message, in the order of the phases.
    private static func ofEachPhase() throws -> [Message] {
        let assessments = Draft.assessments([(try Fixture.node(5), .one)], formedAt: Fixture.now)
        let drafts: [Draft] = [
            .revocation(try Fixture.node(1), try Fixture.node(2)), assessments,
            .vote("endorse", on: .named("a proposal")), .share([[1]]),
            .challengeResult(of: try Fixture.node(5)),
        ]
        return try drafts.map { try Self.message($0, by: 1) }
    }

    private mutating func hear(_ message: Message) throws -> [IdentityAction] {
        self.machine.identify(try Self.live(message), now: Fixture.now)
    }

    private mutating func await(_ phases: [Int]) -> [IdentityAction] {
        self.machine.awaited(PhasesAwaited(phases: phases))
    }

    private static func goOn(_ actions: [IdentityAction]) -> [MessageID] {
        actions.compactMap { if case .rate(let command) = $0 { command.message.id } else { nil } }
    }

    private static func isHeld(_ actions: [IdentityAction]) -> Bool {
        actions.contains { if case .hold = $0 { true } else { false } }
    }

    @Test(
        "R-05-014, R-05-015, R-05-016: live messages of phases that were read go on, others wait",
        arguments: 1...5
    )
    mutating func classifies(current: Int) throws {
        _ = self.await(Array(current...5))
        for (index, message) in try Self.ofEachPhase().enumerated() {
            let isRead = index + 1 < current
            let actions = try self.hear(message)
            #expect(Self.isHeld(actions) != isRead)
            #expect(Self.goOn(actions) == (isRead ? [message.id] : []))
        }
    }

    @Test("R-05-016: when a phase ends, what waited for it goes on by its stamps, and nothing else")
    mutating func releases() throws {
        _ = self.await([2, 3, 4, 5])
        let target = MessageID.named("a proposal")
        let votes = try [30, 10, 20].map { offset in
            try Self.message(.vote("endorse", on: target), by: offset, at: Int64(offset))
        }
        let share = try Self.message(.share([[1]]), by: 1)
        for message in votes + [share] { _ = try self.hear(message) }
        let second = self.await([3, 4, 5])
        #expect(second.isEmpty)
        let third = self.await([4, 5])
        #expect(Self.goOn(third) == [votes[1], votes[2], votes[0]].map(\.id))
        let late = try self.hear(votes[0])
        #expect(Self.goOn(late) == [votes[0].id])
        let all = self.await([])
        #expect(Self.goOn(all) == [share.id])
    }

    @Test("R-05-016: what peers serve, own messages and announcements never wait")
    mutating func others() throws {
        _ = self.await([1, 2, 3, 4, 5])
        let vote = try Self.message(.vote("endorse", on: .named("a proposal")), by: 1)
        for origin in [Origin.sync(peer: try Fixture.node(9)), .local(nil)] {
            let command = IdentifySender(message: vote, origin: origin, receivedAt: Fixture.now)
            let actions = self.machine.identify(command, now: Fixture.now)
            #expect(Self.goOn(actions) == [vote.id])
        }
        let proof = VDFProof.easy(of: try Fixture.node(1), at: Fixture.now)
        let announcement = try Self.message(.announcement(proof), by: 1)
        let actions = try self.hear(announcement)
        #expect(Self.goOn(actions) == [announcement.id])
    }

    @Test("R-05-067: of a revoked key nothing is kept, and nothing that waited goes on")
    mutating func revoked() throws {
        _ = self.machine.judge(try Fixture.link(1, child: 2, consenting: 2, by: 1))
        _ = self.await([2, 3, 4, 5])
        let target = MessageID.named("a proposal")
        let early = try Self.message(.vote("endorse", on: target), by: 2, at: 20)
        let kept = try self.hear(early)
        #expect(Self.isHeld(kept))
        _ = self.machine.judge(try Fixture.revocation(1, of: 2, by: 1, at: 10))
        let late = try self.hear(try Self.message(.vote("reject", on: target), by: 2, at: 30))
        #expect(!Self.isHeld(late) && Self.goOn(late).isEmpty)
        let released = self.await([])
        #expect(Self.goOn(released).isEmpty)
        #expect(released.contains { if case .refuse = $0 { true } else { false } })
    }
}

@Suite("§5 Room for live messages")
struct LiveBufferTests {
    private static func command(_ draft: Draft, at offset: Int64) throws -> IdentifySender {
        let time = Fixture.now.adding(milliseconds: offset)
        return IdentifySender(
            message: try draft.signed(by: try Fixture.key(1), at: time),
            origin: .gossip(relay: try Fixture.node(9), topic: .proposals, ticket: 1),
            receivedAt: time
        )
    }

    @Test("R-05-017: 100,000 messages have room, and of one more the oldest gives way")
    func count() throws {
        var buffer = LiveBuffer()
        let comment = Draft.comment(on: .named("a request"))
        let (old, young) = (try Self.command(comment, at: 1), try Self.command(comment, at: 2))
        var dropped = buffer.insert(old)
        for _ in 1..<100_000 { dropped += buffer.insert(young) }
        #expect(dropped.isEmpty && buffer.messages.count == 100_000)
        #expect(buffer.oldestDropped == nil)
        let gone = buffer.insert(young)
        #expect(gone.map(\.message.id) == [old.message.id])
        #expect(buffer.oldestDropped == old.message.timestamp)
        #expect(buffer.messages.count == 100_000)
    }

    @Test("R-05-017: 100 MiB have room; an older message that comes last is what gives way")
    func bytes() throws {
        var buffer = LiveBuffer()
        let large = Draft.request(title: "t", body: String(repeating: "b", count: 60_000))
        let young = try Self.command(large, at: 2)
        let fitting = IdentityLimits.liveBytesMax / young.message.canonical.count
        for _ in 0..<fitting { #expect(buffer.insert(young).isEmpty) }
        let old = try Self.command(large, at: 1)
        let gone = buffer.insert(old)
        #expect(gone.map(\.message.id) == [old.message.id])
        #expect(buffer.messages.count == fitting)
    }

    @Test("R-05-021: of a full phase the rest is fetched, from the oldest that gave way on")
    func fetched() throws {
        var machine = IdentityStateMachine(key: try Fixture.key(0))
        _ = machine.awaited(PhasesAwaited(phases: [3]))
        let body = String(repeating: "b", count: 60_000)
        let times: [Int64] = [7, 5, 9]
        var refused = 0
        for time in times {
            let command = try Self.command(.request(title: "\(time)", body: body), at: time)
            for _ in 0..<600 {
                for case .refuse(_, _, let refusal) in machine.identify(command, now: Fixture.now) {
                    #expect(refusal.code == .busy)
                    refused += 1
                }
            }
        }
        #expect(refused > 0)
        let fetches = machine.awaited(PhasesAwaited(phases: [])).compactMap { action in
            if case .fetchPhase(let phase, let since) = action { (phase, since) } else { nil }
        }
        #expect(fetches.count == 1 && fetches.first?.0 == 3)
        #expect(fetches.first?.1 == Fixture.now.adding(milliseconds: 5))
    }
}
