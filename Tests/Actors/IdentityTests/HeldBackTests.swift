import Messages
import Primitives
import TestSupport
import Testing

@testable import Identity

@Suite("§1 Messages about keys that come too early")
struct HeldBackTests {
    private var machine: IdentityStateMachine
    private static let day: Int64 = 86_400_000

    init() throws { self.machine = IdentityStateMachine(key: try Fixture.key(0)) }

    /// The messages that are judged once more.
    private static func retried(_ actions: [IdentityAction]) -> [MessageID] {
        actions.compactMap { action in
            if case .rate(let command) = action { command.message.id } else { nil }
        }
    }

    private static func isRefused(_ actions: [IdentityAction]) -> Bool {
        actions.contains { if case .refuse = $0 { true } else { false } }
    }

    @Test("R-01-036, D-20: a revocation that overtook its link is judged again behind it, once")
    mutating func revocation() throws {
        let revocation = try Fixture.revocation(1, of: 2, by: 1, at: 10)
        let early = self.machine.judge(revocation)
        #expect(Self.isRefused(early))
        let stranger = self.machine.judge(try Fixture.link(3, child: 4, consenting: 4, by: 3))
        #expect(Self.retried(stranger).isEmpty)
        let link = self.machine.judge(try Fixture.link(1, child: 2, consenting: 2, by: 1))
        #expect(Self.retried(link) == [revocation.message.id])
        let again = self.machine.judge(revocation)
        #expect(!Self.isRefused(again))
        let other = self.machine.judge(try Fixture.link(1, child: 5, consenting: 5, by: 1))
        #expect(Self.retried(other).isEmpty)
    }

    @Test("D-06: what can never hold is not kept, nor what this node wants to say itself")
    mutating func hopeless() throws {
        let unconsented = try Fixture.rotation(1, to: 2, consenting: 1, by: 1)
        let own = try Fixture.revocation(1, of: 2, by: 1, at: 10)
        let refused = [
            self.machine.judge(unconsented),
            self.machine.judge(own.message.admitted(from: .local(nil), at: own.receivedAt)),
        ]
        #expect(refused.allSatisfy(Self.isRefused))
        let link = self.machine.judge(try Fixture.link(1, child: 2, consenting: 2, by: 1))
        #expect(Self.retried(link).isEmpty)
    }

    @Test("D-08, D-61: a rotation that came too late holds once a vote names it, from its time on")
    mutating func named() throws {
        let old = -3 * Self.day
        for new in [2, 3] {
            let rotation = try Fixture.rotation(1, to: new, consenting: new, by: 1, at: old)
            let actions = self.machine.judge(rotation)
            #expect(Self.isRefused(actions) == (new == 3), "D-08: older than a day")
        }
        let resolution = Draft.resolution(
            .keyConflict,
            subject: try Fixture.node(1),
            successor: try Fixture.node(3)
        )
        let inForce = Fixture.now.adding(milliseconds: Self.day)
        let decision = try Fixture.decision(resolution, effectiveAt: inForce)
        let actions = self.machine.logged(decision)
        #expect(Self.retried(actions).count == 1)
        let late = try Fixture.rotation(1, to: 3, consenting: 3, by: 1, at: old)
        let judged = self.machine.judge(late)
        #expect(!Self.isRefused(judged))
        let keys = try [1, 3].map { try Fixture.node($0) }
        _ = self.machine.advance(to: inForce.adding(milliseconds: -1))
        #expect(self.machine.keys(of: keys[0]).identity == (try Fixture.node(2)))
        #expect(self.machine.keys(of: keys[1]).isSuspended)
        _ = self.machine.advance(to: inForce)
        #expect(self.machine.keys(of: keys[0]).identity == keys[1])
        #expect(!self.machine.keys(of: keys[1]).isSuspended)
    }

    @Test("the oldest goes when too many wait")
    mutating func bounded() throws {
        let first = try Fixture.revocation(1, of: 2, by: 1, at: 10)
        _ = self.machine.judge(first)
        for number in 0..<IdentityLimits.heldBackMax {
            let signer = 10 + number / IdentityLimits.heldBackPerSignerMax
            let message = try Fixture.revocation(signer, of: 4, by: signer, at: Int64(number))
            _ = self.machine.judge(message)
        }
        let link = self.machine.judge(try Fixture.link(1, child: 2, consenting: 2, by: 1))
        #expect(Self.retried(link).isEmpty)
    }

    @Test("one signer pushes out its own messages alone")
    mutating func oneSigner() throws {
        let first = try Fixture.revocation(1, of: 2, by: 1, at: 10)
        _ = self.machine.judge(first)
        let flood = try (0..<IdentityLimits.heldBackMax).map {
            try Fixture.revocation(3, of: 4, by: 3, at: Int64($0))
        }
        for message in flood { _ = self.machine.judge(message) }
        let link = self.machine.judge(try Fixture.link(1, child: 2, consenting: 2, by: 1))
        #expect(Self.retried(link) == [first.message.id])
        let other = self.machine.judge(try Fixture.link(3, child: 4, consenting: 4, by: 3))
        let newest = flood.suffix(IdentityLimits.heldBackPerSignerMax).map(\.message.id)
        #expect(Self.retried(other) == newest)
    }

    @Test("a crowd that names a key is looked at in turns, behind the messages of the key's root")
    func crowd() throws {
        var held = HeldBack()
        func keep(_ signer: Int) throws -> MessageID {
            let admitted = try Fixture.revocation(signer, of: 2, by: signer, at: 10)
            let command = IdentifySender(
                message: admitted.message,
                origin: admitted.origin,
                receivedAt: admitted.receivedAt
            )
            held.keep(command)
            return command.message.id
        }
        let crowd = try (10..<40).map { try keep($0) }
        let own = try keep(1)
        let keys = Set(try [1, 2].map { try Fixture.node($0) })
        var tried: [MessageID] = []
        for _ in 0..<2 {
            _ = held.take(naming: keys) { command in
                tried.append(command.message.id)
                return command.message.id == own
            }
        }
        #expect(tried.count == 2 * IdentityLimits.triesMax)
        #expect(tried.first == own)
        #expect(Set(tried).isSuperset(of: crowd))
    }
}
