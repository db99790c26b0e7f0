import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

/// A key with its links, as a peer knows them.
private enum Chain {
    static let root = SigningKey.generate()
    static let peer = NodeID(root.publicKey)

    static func links(_ count: Int) throws -> [Message] {
        try (0..<count).map { number in
            let time = start.adding(milliseconds: Int64(number))
            return try Draft.link(Self.root, .generate()).signed(by: Self.root, at: time)
        }
    }

    static func reply(_ links: [Message], hasMore: Bool = false) -> IdentityChain.Reply {
        IdentityChain.Reply(
            entries: links.map { IdentityChain.Entry(timestamp: $0.timestamp, id: $0.id) },
            hasMore: hasMore
        )
    }

    /// A node looks up whether it knows the key of the peer.
    static var lookUp: SyncAction {
        .ask(.chain(IdentityChain(key: self.peer, limit: 1), .meeting(self.peer)))
    }

    /// A peer's identity query.
    static func request(_ types: [String], key: NodeID = peer) throws -> AdmittedMessage {
        let draft = Draft.page(of: types).adding([("identity_key", .string(key.hex))])
        let message = try draft.signed(by: Self.root, at: start)
        let exchange = InboundExchange(id: 1, peer: message.from, streamProtocol: .sync)
        return message.admitted(from: .exchange(exchange))
    }

    /// What a peer answers.
    static func response(_ links: [Message], hasMore: Bool, next: Message) -> SyncResponse {
        SyncResponse(
            messages: links.map(\.canonical),
            hasMore: hasMore,
            nextTimestamp: next.timestamp,
            nextID: next.id
        )
    }
}

/// Stands for Identity: knows the chain, and keeps what is to be signed.
private actor Registrar: Subsystem {
    static let name = SubsystemName.identity
    private let chain: IdentityChain.Reply
    private let judge: Emitter<JudgeSyncMessage>
    private let finished: Emitter<ReplayFinished>
    private let authenticated: Emitter<PeerAuthenticated>
    nonisolated let orders: Inlet<Order>
    private(set) var asked: [IdentityChain] = []
    private(set) var answers: [JSONValue] = []
    private(set) var requests: [JSONValue] = []

    enum Order: Signal {
        case judge(AdmittedMessage)
        case begin
        case meet(NodeID)
    }

    init(_ boot: borrowing Boot, knowing chain: IdentityChain.Reply) {
        self.chain = chain
        self.judge = boot.emits(JudgeSyncMessage.self)
        self.finished = boot.emits(ReplayFinished.self)
        self.authenticated = boot.emits(PeerAuthenticated.self)
        self.orders = boot.inlet(Order.self)
    }

    static func wire(_ wiring: borrowing Wiring<Registrar>) {
        wiring.receives(Order.self) { registrar, envelope, outbox in
            switch envelope.body {
            case .judge(let admitted):
                outbox.send(registrar.judge, JudgeSyncMessage(admitted: admitted))
            case .begin:
                outbox.send(
                    registrar.finished,
                    ReplayFinished(lastSequence: 0, lastArrival: nil)
                )
            case .meet(let peer):
                outbox.send(registrar.authenticated, PeerAuthenticated(peer: peer))
            }
        }
        wiring.publishesNothing()
        wiring.answers(IdentityChain.self) { registrar, envelope, outbox in
            registrar.asked.append(envelope.body)
            outbox.reply(registrar.chain, to: envelope.replyAddress)
        }
        wiring.answers(IdentityTreeView.self) { registrar, envelope, outbox in
            let members = Set(registrar.chain.entries.map(\.id))
            var kept = KeptMerkleTree()
            kept.keep(members)
            let question = envelope.body.question
            let view = TreeView(answering: question, about: &kept, members: members)
            outbox.reply(view, to: envelope.replyAddress)
        }
        wiring.receives(SendAnswer.self) { registrar, envelope, _ in
            registrar.answers.append(envelope.body.payload)
        }
        wiring.receives(SendRequest.self) { registrar, envelope, _ in
            registrar.requests.append(envelope.body.payload)
        }
    }
}

/// Stands for Persistence: hands messages out by id.
private actor Shelf: Subsystem {
    static let name = SubsystemName.persistence
    private let messages: [Message]

    init(_ boot: borrowing Boot, holding messages: [Message]) { self.messages = messages }

    static func wire(_ wiring: borrowing Wiring<Shelf>) {
        wiring.answers(MessagesAfter.self) { _, envelope, outbox in
            let page = MessagesAfter.Reply(
                messages: [],
                hasMore: false,
                nextTimestamp: envelope.body.since,
                nextID: envelope.body.sinceID
            )
            outbox.reply(page, to: envelope.replyAddress)
        }
        wiring.answers(MessagesByID.self) { shelf, envelope, outbox in
            let found = envelope.body.ids.compactMap { id in
                shelf.messages.first { $0.id == id }?.canonical
            }
            outbox.reply(MessagesByID.Reply(messages: found), to: envelope.replyAddress)
        }
    }
}

/// A synced node that knows a chain and holds some of its messages.
private struct Server {
    let clock = ManualClock(Moment(start))
    let kernel: Kernel
    let registrar: Registrar

    init(knowing chain: IdentityChain.Reply, holding messages: [Message]) throws {
        self.kernel = Kernel(clock: self.clock, entropy: SeededEntropy(seed: 1))
        self.registrar = self.kernel.add { boot in Registrar(boot, knowing: chain) }
        self.kernel.add { boot in Shelf(boot, holding: messages) }
        self.kernel.add { boot in
            Sync(
                boot,
                configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
            )
        }
        try self.kernel.boot(standard: SubsystemName.standard)
    }

    func tell(_ orders: [Registrar.Order]) async {
        for order in orders { self.registrar.orders.put(order) }
        await self.kernel.settle()
    }

    func tick() async {
        self.clock.set(to: self.clock.now.advanced(by: .seconds(1)))
        self.kernel.fireWakes()
        await self.kernel.settle()
    }
}

@Suite("§1 Identity queries over sync")
struct IdentityQueryTests {
    @Test(
        "R-01-029, R-01-031, R-01-033: the answer holds the messages that Identity names for the key"
    )
    func served() async throws {
        let links = try Chain.links(3)
        let server = try Server(knowing: Chain.reply(links), holding: links)
        let types = ["DID_LINK", "DID_REVOKE", "KEY_ROTATE"]
        await server.tell([.judge(try Chain.request(types))])
        let question = try #require(await server.registrar.asked.first)
        #expect(question.key == Chain.peer)
        #expect(question.types == [.didLink, .didRevoke, .keyRotate])
        let answer = try #require(await server.registrar.answers.first)
        let document = try JSONDocument(scanning: answer.canonicalBytes())
        let messages = document.root.value["messages"]?.elements ?? []
        #expect(messages.compactMap { $0["id"]?.string } == links.map(\.id.hex))
        #expect(answer["has_more"]?.bool == false)
        #expect(answer["next_id"]?.string == links[2].id.hex)
    }

    @Test("R-05-004, R-05-072: a request for nodes of the identity tree is answered with them")
    func nodes() async throws {
        let links = try Chain.links(3)
        let server = try Server(knowing: Chain.reply(links), holding: [])
        let draft = Draft.page(of: []).adding([
            ("depth", .integer(1)), ("merkle_tree", .string("identity")),
            ("subtree_path", .array([])),
        ])
        let request = try draft.signed(by: Chain.root, at: start)
        let exchange = InboundExchange(id: 1, peer: request.from, streamProtocol: .sync)
        await server.tell([.judge(request.admitted(from: .exchange(exchange)))])
        let answer = try #require(await server.registrar.answers.first)
        let document = try JSONDocument(scanning: answer.canonicalBytes())
        let nodes = document.root.value["merkle_nodes"]?.elements ?? []
        let tree = MerkleTree(ids: links.map(\.id))
        let expected = tree.nodes(below: [], depth: 1)
        #expect(nodes.map { $0["hash"]?.string } == expected.map(\.hash.hex))
        #expect(nodes.map { $0["message_id"]?.string } == expected.map { $0.messageID?.hex })
        #expect(answer["identity_checkpoint"]?.string == tree.root.hex)
        #expect(answer["checkpoint"]?.string == MerkleTree(ids: []).root.hex)
    }

    @Test(
        "R-01-031: types that are no identity messages ask for nothing",
        arguments: [true, false]
    )
    func otherTypes(isNamed: Bool) async throws {
        let links = try Chain.links(1)
        let server = try Server(knowing: Chain.reply(links), holding: links)
        await server.tell([.judge(try Chain.request(isNamed ? ["VOTE"] : []))])
        let answer = try #require(await server.registrar.answers.first)
        #expect(answer["messages"]?.elements?.count == (isNamed ? 0 : 1))
    }

    @Test("R-01-031, R-05-005: when the log holds only part of a page, the peer goes on behind it")
    func partOfAPage() throws {
        let links = try Chain.links(3)
        let part = MessagesAfter.Reply([links[0].canonical], of: Chain.reply(links))
        #expect(part.hasMore)
        #expect(part.nextID == links[0].id && part.nextTimestamp == links[0].timestamp)
        let whole = MessagesAfter.Reply(
            links.map(\.canonical),
            of: Chain.reply(links, hasMore: true)
        )
        #expect(whole.hasMore)
        let nothing = MessagesAfter.Reply([], of: Chain.reply(links))
        #expect(!nothing.hasMore, "or the peer would ask for ever")
    }

    @Test("R-01-034: identity queries take from the ten requests a minute")
    func budget() throws {
        var sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
        )
        let request = try Chain.request(["DID_LINK"])
        for _ in 0..<10 {
            guard case .ask(.chain(_, let purpose)) = sync.judge(request, now: start).first else {
                Issue.record("not served")
                return
            }
            let read = sync.heard(Chain.reply([]), for: purpose)
            let answer = sync.served(read, now: start)
            #expect(answer != nil && answer?.error == nil)
        }
        guard case .answer(_, let throttled) = sync.judge(request, now: start).first else {
            Issue.record("served an eleventh time")
            return
        }
        #expect(throttled.error == "rate_limited")
    }
}

@Suite("§1 Asking for an identity chain")
struct ChainAskingTests {
    @Test("R-01-032: a node asks a peer whose key it does not know for its chain, once")
    func asks() async throws {
        let node = try Server(knowing: Chain.reply([]), holding: [])
        await node.tell([.begin, .meet(Chain.peer)])
        await node.tick()
        await node.tell([.meet(Chain.peer)])
        await node.tick()
        let requests = await node.registrar.requests.filter { $0["identity_key"] != nil }
        #expect(requests.count == 1)
        #expect(requests.first?["identity_key"]?.string == Chain.peer.hex)
        let types = requests.first?["types"]?.elements?.compactMap(\.string)
        #expect(types == ["DID_LINK", "DID_REVOKE", "KEY_ROTATE"])
    }

    @Test("R-01-032: a key with a known chain is not asked about")
    func known() async throws {
        let node = try Server(knowing: Chain.reply(try Chain.links(1)), holding: [])
        await node.tell([.begin, .meet(Chain.peer)])
        await node.tick()
        #expect(await node.registrar.requests.allSatisfy { $0["identity_key"] == nil })
    }

    @Test("R-01-032: the whole chain is walked page by page, and its messages are admitted")
    func pages() throws {
        let links = try Chain.links(2)
        var sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
        )
        _ = sync.started(now: start, entropy: 0)
        #expect(sync.authenticated(Chain.peer, now: start, entropy: 0) == [Chain.lookUp])
        _ = sync.heard(Chain.reply([]), for: .meeting(Chain.peer))
        var admitted: [SyncAction] = []
        var cursors: [String?] = []
        for (number, link) in links.enumerated() {
            let actions = sync.tick(now: start, entropy: 0)
            guard case .request(let exchange, let payload)? = actions.last else {
                Issue.record("page \(number) is not asked for")
                return
            }
            cursors.append(payload.sinceID?.hex)
            let page = Chain.response([link], hasMore: number == 0, next: link)
            admitted += sync.responded(page, to: exchange, now: start)
        }
        #expect(cursors == [nil, links[0].id.hex])
        #expect(admitted == links.map { .admit($0.canonical, from: Chain.peer) })
        #expect(sync.tick(now: start, entropy: 0).isEmpty)
        #expect(
            sync.authenticated(Chain.peer, now: start, entropy: 0).isEmpty,
            "it was asked already"
        )
    }

    @Test("R-01-032: a request that failed is made again when the peer comes back")
    func failure() throws {
        var sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
        )
        _ = sync.started(now: start, entropy: 0)
        _ = sync.authenticated(Chain.peer, now: start, entropy: 0)
        _ = sync.heard(Chain.reply([]), for: .meeting(Chain.peer))
        guard case .request(let exchange, _)? = sync.tick(now: start, entropy: 0).last else {
            Issue.record("not asked")
            return
        }
        #expect(sync.authenticated(Chain.peer, now: start, entropy: 0).isEmpty)
        _ = sync.exchangeFailed(exchange, now: start)
        #expect(sync.authenticated(Chain.peer, now: start, entropy: 0) == [Chain.lookUp])
    }
}
