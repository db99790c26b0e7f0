import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

/// Stands for Identity: hands requests of peers over, and keeps what they are answered.
private actor Counter: Subsystem {
    static let name = SubsystemName.identity
    private let judge: Emitter<JudgeSyncMessage>
    private let accepted: Emitter<MessageAccepted>
    private let authenticated: Emitter<PeerAuthenticated>
    nonisolated let orders: Inlet<Order>
    private(set) var answers: [SendAnswer] = []

    enum Order: Signal {
        case judge(AdmittedMessage)
        case accept(AdmittedMessage)
        case authenticate(NodeID)
    }

    init(_ boot: borrowing Boot) {
        self.judge = boot.emits(JudgeSyncMessage.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.authenticated = boot.emits(PeerAuthenticated.self)
        self.orders = boot.inlet(Order.self)
    }

    static func wire(_ wiring: borrowing Wiring<Counter>) {
        wiring.receives(Order.self) { counter, envelope, outbox in
            switch envelope.body {
            case .judge(let admitted):
                outbox.send(counter.judge, JudgeSyncMessage(admitted: admitted))
            case .accept(let admitted):
                outbox.send(counter.accepted, MessageAccepted(admitted: admitted))
            case .authenticate(let peer):
                let event = PeerAuthenticated(peer: peer, proofComputedAt: nil)
                outbox.send(counter.authenticated, event)
            }
        }
        wiring.receives(SendAnswer.self) { counter, envelope, _ in
            counter.answers.append(envelope.body)
        }
        wiring.receives(SendRequest.self) { _, _, _ in }
        wiring.publishesNothing()
        wiring.answers(IdentityTreeView.self) { _, envelope, outbox in
            let view = TreeView(root: MerkleTree(ids: []).root, leaves: 0)
            outbox.reply(view, to: envelope.replyAddress)
        }
        wiring.answers(IdentityChain.self) { _, envelope, outbox in
            let nothing = IdentityChain.Reply(entries: [], hasMore: false)
            outbox.reply(nothing, to: envelope.replyAddress)
        }
    }
}

/// Stands for Persistence: a log without end.
private actor Endless: Subsystem {
    static let name = SubsystemName.persistence
    private let message: Message

    init(_ boot: borrowing Boot, holding message: Message) { self.message = message }

    static func wire(_ wiring: borrowing Wiring<Endless>) {
        wiring.answers(MessagesAfter.self) { log, envelope, outbox in
            let bytes = log.message.canonical
            let page = MessagesAfter.Reply(
                messages: Array(
                    repeating: bytes,
                    count: min(envelope.body.limit, envelope.body.bytesMax / bytes.count)
                ),
                hasMore: true,
                nextTimestamp: log.message.timestamp,
                nextID: log.message.id
            )
            outbox.reply(page, to: envelope.replyAddress)
        }
        wiring.answers(MessagesByID.self) { log, envelope, outbox in
            let found = envelope.body.ids.map { _ in log.message.canonical }
            outbox.reply(MessagesByID.Reply(messages: found), to: envelope.replyAddress)
        }
    }
}

/// A synced node that peers ask without pause.
private struct Served {
    /// A peer and the number of its last request.
    struct Asker {
        let key = SigningKey.generate()
        var requests: UInt64 = 0
    }

    let clock = ManualClock(Moment(start))
    let kernel: Kernel
    let counter: Counter

    init(holding message: Message) throws {
        self.kernel = Kernel(clock: self.clock, entropy: SeededEntropy(seed: 1))
        self.counter = self.kernel.add { boot in Counter(boot) }
        self.kernel.add { boot in Endless(boot, holding: message) }
        self.kernel.add { boot in
            Sync(
                boot,
                configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
            )
        }
        try self.kernel.boot(standard: SubsystemName.standard)
    }

    func ask(_ draft: Draft, by asker: inout Asker) async throws {
        asker.requests += 1
        let message = try draft.signed(by: asker.key, at: start)
        let exchange = InboundExchange(
            id: asker.requests,
            peer: message.from,
            streamProtocol: .sync
        )
        self.counter.orders.put(.judge(message.admitted(from: .exchange(exchange))))
        await self.kernel.settle()
    }

    /// The peer says that it is syncing.
    func announceSyncing(_ asker: Asker) async throws {
        let proof = VDFProof.easy(of: NodeID(asker.key.publicKey), at: start)
        let message = try Draft.announcement(proof, status: .syncing)
            .signed(by: asker.key, at: start)
        let origin = Origin.gossip(relay: message.from, topic: .peers, ticket: 0)
        self.counter.orders.put(.authenticate(message.from))
        self.counter.orders.put(.accept(message.admitted(from: origin)))
        await self.kernel.settle()
    }

    func answers(to asker: Asker) async -> [JSONValue] {
        let peer = NodeID(asker.key.publicKey)
        return await self.counter.answers.filter { $0.exchange.peer == peer }.map(\.payload)
    }

    /// How many requests of the peer were served, and not turned away.
    func served(_ asker: Asker) async -> Int {
        await self.answers(to: asker).count { $0["error"]?.string == nil }
    }

    func wait(milliseconds: Int64) {
        self.clock.set(to: self.clock.now.advanced(by: .milliseconds(milliseconds)))
    }
}

@Suite("§5 What one peer is served in a minute")
struct ServedPeerTests {
    /// All that a peer can ask for by SYNC_REQUEST.
    private static func requests() -> [Draft] {
        let names: [String] = ["DID_LINK", "DID_REVOKE"]
        let zeros = String(repeating: "0", count: 64)
        return [
            .page(of: ["VOTE"]),
            Draft.page(of: []).adding([("ids", .array([.string(zeros)]))]),
            Draft.page(of: names).adding([("identity_key", .string(zeros))]),
        ]
    }

    @Test(
        "R-01-034, R-16-089: ten requests of any kind a minute, fifty of a peer that is syncing",
        arguments: [(false, 10), (true, 50)]
    )
    func requests(isSyncing: Bool, count: Int) async throws {
        let node = try Served(holding: Draft.request().signed(by: .generate(), at: start))
        var (asker, other) = (Served.Asker(), Served.Asker())
        if isSyncing { try await node.announceSyncing(asker) }
        let requests = Self.requests()
        for number in 0..<60 { try await node.ask(requests[number % 3], by: &asker) }
        #expect(await node.served(asker) == count)
        let refused = await node.answers(to: asker).filter { $0["error"]?.string != nil }
        #expect(refused.count == 60 - count)
        #expect(refused.allSatisfy { $0["messages"]?.elements == [] })
        try await node.ask(requests[2], by: &other)
        #expect(await node.served(other) == 1, "every peer has a minute of its own")
        node.wait(milliseconds: 59_999)
        try await node.ask(requests[2], by: &asker)
        #expect(await node.served(asker) == count)
        node.wait(milliseconds: 1)
        try await node.ask(requests[2], by: &asker)
        #expect(await node.served(asker) == count + 1)
    }

    @Test("R-05-087, R-16-144: no more than ten MiB of answers a minute, whatever is asked for")
    func bytes() async throws {
        let body = String(repeating: "x", count: 900_000)
        let message = try Draft.request(body: body).signed(by: .generate(), at: start)
        let node = try Served(holding: message)
        var asker = Served.Asker()
        try await node.announceSyncing(asker)
        func bytes() async -> Int {
            await node.answers(to: asker).reduce(0) { $0 + $1.canonicalBytes().count }
        }
        for _ in 0..<3 {
            let before = await bytes()
            for number in 0..<8 {
                try await node.ask(Self.requests()[number % 3], by: &asker)
            }
            let minute = await bytes() - before
            #expect(minute <= 10 * 1_048_576)
            #expect(minute > 5_000_000, "a page is served")
            node.wait(milliseconds: 60_000)
        }
    }
}
