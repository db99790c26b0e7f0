import Cryptography
import Kernel
import Messages
import Primitives
import Testing

@testable import Identity

private let day: Int64 = 86_400_000

/// Stands for Persistence: replays, answers for the bytes of messages, logs facts.
actor Log: Subsystem {
    static let name = SubsystemName.persistence

    enum Order: Signal {
        case replay(AdmittedMessage)
        case replayFact(LocalFact)
        case judge(AdmittedMessage)
        case finish
    }

    nonisolated let orders: Inlet<Order>
    private(set) var facts: [LocalFact] = []
    private var messages: [MessageID: [UInt8]] = [:]
    private let logged: Emitter<MessageLogged>
    private let factLogged: Emitter<FactLogged>
    private let finished: Emitter<ReplayFinished>
    private let judge: Emitter<JudgeIdentityMessage>

    init(_ boot: borrowing Boot) {
        self.judge = boot.emits(JudgeIdentityMessage.self)
        self.orders = boot.inlet(Order.self)
        self.logged = boot.emits(MessageLogged.self)
        self.factLogged = boot.emits(FactLogged.self)
        self.finished = boot.emits(ReplayFinished.self)
    }

    static func wire(_ wiring: borrowing Wiring<Log>) {
        wiring.receives(Order.self) { log, envelope, outbox in log.obey(envelope.body, &outbox) }
        wiring.receives(RecordFact.self) { log, envelope, outbox in
            let fact = envelope.body.fact
            log.facts.append(fact)
            outbox.send(
                log.factLogged,
                FactLogged(sequence: 2, fact: fact, isReplay: false)
            )
        }
        wiring.answers(MessagesByID.self) { log, envelope, outbox in
            let found = envelope.body.ids.compactMap { log.messages[$0] }
            outbox.reply(MessagesByID.Reply(messages: found), to: envelope.replyAddress)
        }
    }

    private func obey(_ order: Order, _ outbox: inout Outbox) {
        switch order {
        case .replay(let admitted):
            self.messages[admitted.message.id] = admitted.message.canonical
            let event = MessageLogged(sequence: 1, admitted: admitted, isReplay: true)
            outbox.send(self.logged, event)
        case .replayFact(let fact):
            outbox.send(self.factLogged, FactLogged(sequence: 1, fact: fact, isReplay: true))
        case .judge(let admitted):
            outbox.send(self.judge, JudgeIdentityMessage(admitted: admitted))
        case .finish:
            outbox.send(self.finished, ReplayFinished(lastSequence: 1, lastArrival: nil))
        }
    }
}

/// Stands for Verification: what the node wants to broadcast comes here.
actor Admission: Subsystem {
    static let name = SubsystemName.verification
    private(set) var bytes: [[UInt8]] = []

    init(_ boot: borrowing Boot) {}

    static func wire(_ wiring: borrowing Wiring<Admission>) {
        wiring.receives(AdmitMessage.self) { admission, envelope, _ in
            guard case .local(nil, key: nil) = envelope.body.origin else { return }
            admission.bytes.append(envelope.body.bytes)
        }
    }
}

/// A node with the key 0 and what it broadcasts.
struct Node {
    let clock = ManualClock(Moment(Fixture.now))
    let kernel: Kernel
    let log: Log
    let admission: Admission

    init() throws {
        self.kernel = Kernel(clock: self.clock, entropy: SeededEntropy(seed: 1))
        let key = try Fixture.key(0)
        self.kernel.add { boot in Identity(boot, key: key) }
        self.log = self.kernel.add { boot in Log(boot) }
        self.admission = self.kernel.add { boot in Admission(boot) }
        try self.kernel.boot(standard: SubsystemName.standard)
    }

    func tell(_ orders: [Log.Order]) async {
        for order in orders { self.log.orders.put(order) }
        await self.kernel.settle()
    }

    func pass(to offset: Int64) async {
        self.clock.set(to: Moment(Fixture.now.adding(milliseconds: offset)))
        self.kernel.fireWakes()
        await self.kernel.settle()
    }
}

@Suite("§1 Links are broadcast again")
struct LinkBroadcastTests {
    @Test("R-01-030, D-15, LINK-N08: a root sends the original bytes of its link every 30 days")
    func everyThirtyDays() async throws {
        let node = try Node()
        let link = try Fixture.link(0, child: 1, consenting: 1, by: 0)
        await node.tell([.replay(link), .finish])
        await node.pass(to: 30 * day - 1)
        #expect(await node.admission.bytes.isEmpty)
        await node.pass(to: 30 * day + 600_000)
        #expect(await node.admission.bytes == [link.message.canonical])
        await node.pass(to: 60 * day + 600_000 - 1)
        #expect(await node.admission.bytes.count == 1)
        await node.pass(to: 60 * day + 1_200_000)
        #expect(
            await node.admission.bytes == [link.message.canonical, link.message.canonical]
        )
    }

    @Test("R-01-030: after a restart the broadcast is neither forgotten nor made twice")
    func restart() async throws {
        let before = try Node()
        let link = try Fixture.link(0, child: 1, consenting: 1, by: 0)
        await before.tell([.replay(link), .finish])
        await before.pass(to: 31 * day)
        let facts = await before.log.facts
        #expect(facts.count == 1)
        let after = try Node()
        await after.tell([.replay(link)] + facts.map { .replayFact($0) } + [.finish])
        await after.pass(to: 32 * day)
        #expect(await after.admission.bytes.isEmpty)
        await after.pass(to: 61 * day)
        #expect(await after.admission.bytes == [link.message.canonical])
        let late = try Node()
        await late.tell([.replay(link), .finish])
        await late.pass(to: 400 * day)
        #expect(await late.admission.bytes == [link.message.canonical])
    }

    @Test("R-01-030: nothing is sent before the replay is over")
    func notDuringReplay() async throws {
        let node = try Node()
        await node.tell([.replay(try Fixture.link(0, child: 1, consenting: 1, by: 0))])
        await node.pass(to: 31 * day)
        #expect(await node.admission.bytes.isEmpty)
        #expect(node.kernel.nextWake == nil)
    }
}

@Suite("§1 Which links are broadcast again")
struct LinksDueTests {
    private var machine: IdentityStateMachine

    init() throws { self.machine = IdentityStateMachine(key: try Fixture.key(0)) }

    private func due(at offset: Int64) -> [MessageID] {
        let actions = self.machine.linksToRepeat(now: Fixture.now.adding(milliseconds: offset))
        guard case .repeatLinks(let ids)? = actions.first else { return [] }
        return ids
    }

    @Test("R-01-030: not those of revoked or rotated children, which peers would refuse")
    mutating func inForce() throws {
        let links = try (1...3).map {
            try Fixture.link(0, child: $0, consenting: $0, by: 0, at: Int64($0))
        }
        for link in links { _ = self.machine.judge(link) }
        _ = self.machine.judge(try Fixture.revocation(0, of: 1, by: 0, at: 10))
        _ = self.machine.judge(try Fixture.rotation(2, to: 4, consenting: 4, by: 2, at: 10))
        #expect(self.due(at: 31 * day) == [links[2].message.id])
    }

    @Test("R-01-030: not those of other roots, nor by a child of the root")
    mutating func ownRoot() throws {
        _ = self.machine.judge(try Fixture.link(1, child: 2, consenting: 2, by: 1))
        #expect(self.due(at: 31 * day).isEmpty)
        _ = self.machine.judge(try Fixture.link(1, child: 0, consenting: 0, by: 1))
        #expect(self.due(at: 31 * day).isEmpty)
    }

    @Test("R-01-030, R-01-058: a rotated root goes on with the links that it inherited")
    mutating func inherited() throws {
        let link = try Fixture.link(1, child: 2, consenting: 2, by: 1)
        _ = self.machine.judge(link)
        _ = self.machine.judge(try Fixture.rotation(1, to: 0, consenting: 0, by: 1))
        #expect(self.due(at: 31 * day) == [link.message.id])
    }

    @Test("R-01-030: of links signed again the earliest goes out, and many go out in parts")
    mutating func parts() throws {
        let first = try Fixture.link(0, child: 1, consenting: 1, by: 0)
        _ = self.machine.judge(try Fixture.link(0, child: 1, consenting: 1, by: 0, at: 5))
        _ = self.machine.judge(first)
        for child in 2...130 {
            _ = self.machine.judge(
                try Fixture.link(0, child: child, consenting: child, by: 0, at: 10)
            )
        }
        let due = self.due(at: 31 * day)
        #expect(due.first == first.message.id)
        #expect(due.count == 100)
        let now = Fixture.now.adding(milliseconds: 31 * day)
        _ = self.machine.logged(LinksRepeated(ids: due).fact(recordedAt: now))
        let rest = self.due(at: 31 * day)
        #expect(rest.count == 30)
        #expect(Set(rest).isDisjoint(with: due))
    }
}

@Suite("§1 Identity chains")
struct IdentityChainTests {
    private var machine: IdentityStateMachine

    init() throws { self.machine = IdentityStateMachine(key: try Fixture.key(0)) }

    private mutating func judge(_ messages: [AdmittedMessage]) -> [MessageID] {
        for message in messages { _ = self.machine.judge(message) }
        return messages.map(\.message.id)
    }

    private func chain(
        _ key: Int,
        _ types: [MessageType] = [],
        after entry: IdentityChain.Entry? = nil,
        limit: Int = 100
    ) throws -> IdentityChain.Reply {
        let query = IdentityChain(
            key: try Fixture.node(key),
            types: types,
            since: entry?.timestamp ?? Timestamp(milliseconds: 0),
            sinceID: entry?.id,
            limit: limit
        )
        return self.machine.chain(query)
    }

    @Test("R-01-033: every link and revocation in which the key is root or child, nothing else")
    mutating func rootAndChild() throws {
        let ids = self.judge([
            try Fixture.link(1, child: 2, consenting: 2, by: 1, at: 1),
            try Fixture.link(1, child: 3, consenting: 3, by: 1, at: 2),
            try Fixture.link(4, child: 5, consenting: 5, by: 4, at: 3),
            try Fixture.revocation(1, of: 2, by: 1, at: 4),
        ])
        #expect(try self.chain(1).entries.map(\.id) == [ids[0], ids[1], ids[3]])
        #expect(try self.chain(2).entries.map(\.id) == [ids[0], ids[3]])
        #expect(try self.chain(5).entries.map(\.id) == [ids[2]])
        #expect(try self.chain(6).entries.isEmpty)
        #expect(try self.chain(1, [.didRevoke]).entries.map(\.id) == [ids[3]])
    }

    @Test(
        "D-89: rotations belong to the chain, and what names any key of it",
        arguments: [2, 6, 7]
    )
    mutating func rotations(key: Int) throws {
        let ids = self.judge([
            try Fixture.link(1, child: 2, consenting: 2, by: 1, at: 1),
            try Fixture.rotation(2, to: 6, consenting: 6, by: 2, at: 2),
            try Fixture.rotation(6, to: 7, consenting: 7, by: 6, at: 3),
            try Fixture.revocation(1, of: 7, by: 1, at: 4),
            try Fixture.link(1, child: 3, consenting: 3, by: 1, at: 5),
        ])
        #expect(try self.chain(key).entries.map(\.id) == Array(ids[0...3]))
    }

    @Test("R-05-005: a chain comes in pages, strictly after the cursor, each message once")
    mutating func pages() throws {
        let links = try (1...5).map {
            try Fixture.link(9, child: $0, consenting: $0, by: 9, at: Int64($0 / 2))
        }
        _ = self.judge(links + [links[0]])
        var cursor: IdentityChain.Entry?
        var found: [IdentityChain.Entry] = []
        var pages = 0
        repeat {
            let page = try self.chain(9, after: cursor, limit: 2)
            found += page.entries
            cursor = page.entries.last
            pages += 1
            #expect(page.hasMore == (found.count < 5))
        } while found.count < 5 && pages < 5
        #expect(pages == 3)
        let expected = links.map(\.message).sorted { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }
        #expect(found.map(\.id) == expected.map(\.id))
        #expect(try self.chain(9, after: cursor).entries.isEmpty)
    }
}
