import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

private func later(_ milliseconds: Int64) -> Timestamp { start.adding(milliseconds: milliseconds) }

private func ids(_ range: Range<Int>) -> [MessageID] { range.map { MessageID.named("leaf \($0)") } }

/// The owner of a tree, as Identity and Consensus are: answers what is asked about it.
private struct Owner {
    private var kept = KeptMerkleTree()
    private var members: Set<MessageID> = []

    init(_ ids: [MessageID]) {
        self.members = Set(ids)
        self.kept.keep(ids)
    }

    mutating func answer(_ question: TreeQuestion) -> TreeView {
        TreeView(answering: question, about: &self.kept, members: self.members)
    }
}

/// A machine that has caught up, its own trees, and a peer with trees of its own, played by hand.
private struct Table {
    let peer: NodeID
    var sync = SyncStateMachine(
        configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
    )
    var own: [SyncRequest.Tree: Owner]
    var theirs: [SyncRequest.Tree: Owner]
    var now = start
    /// Requests for nodes that went out, and what they found.
    var walked: [SyncRequest] = []
    var told: [Divergence] = []
    var fetched: [MessageID] = []
    /// Which types the peer never serves.
    var withheld: MessageType?
    /// What the peer makes of an answer about a tree; nil when it does not answer.
    var lie: (SyncResponse) -> SyncResponse? = { $0 }

    init(own: [MessageID], theirs: [MessageID], of tree: SyncRequest.Tree = .proposal) throws {
        self.peer = NodeID(try SigningKey.named("a peer").publicKey)
        self.own = [.proposal: Owner([]), .identity: Owner([])]
        self.theirs = self.own
        self.own[tree] = Owner(own)
        self.theirs[tree] = Owner(theirs)
    }

    private func root(of tree: SyncRequest.Tree) -> Bytes32? {
        var owner = self.theirs[tree]
        return owner?.answer(.root).root
    }

    /// Catches up while both hold the same, meets the peer again, and stays for so many half seconds.
    mutating func join(as status: String = "synced", ticks: Int) throws {
        let own = self.own
        self.own = self.theirs
        try self.begin(ticks: 4)
        try #require(self.sync.status.state == .synced)
        self.own = own
        self.now = self.now.adding(milliseconds: SyncLimits.comparisonPauseMilliseconds)
        _ = self.sync.authenticated(self.peer, now: self.now, entropy: 0)
        self.sync.announced(self.peer, status: SyncState(rawValue: status))
        self.run(ticks: ticks)
    }

    /// Begins to catch up with the peer.
    mutating func begin(ticks: Int) throws {
        _ = self.sync.started(now: self.now, entropy: 0)
        _ = self.sync.authenticated(self.peer, now: self.now, entropy: 0)
        self.sync.announced(self.peer, status: .synced)
        self.run(ticks: ticks)
    }

    mutating func run(ticks: Int) {
        for _ in 0..<ticks {
            self.now = self.now.adding(milliseconds: SyncLimits.tickMilliseconds)
            self.perform(self.sync.tick(now: self.now, entropy: 0))
        }
    }

    private mutating func perform(_ actions: [SyncAction]) {
        for action in actions {
            switch action {
            case .request(let exchange, let request): self.answer(request, on: exchange)
            case .ask(.tree(let tree, let question, let purpose)):
                guard let view = self.own[tree]?.answer(question) else { continue }
                self.perform(
                    self.sync.heard(view, of: tree, for: purpose, now: self.now)
                )
            case .tell(let divergence): self.told.append(divergence)
            default: continue
            }
        }
    }

    private mutating func answer(_ request: SyncRequest, on exchange: OutboundExchange) {
        if let type = self.withheld, request.types.contains(type.rawValue) { return }
        var nodes: [MerkleNode] = []
        if let tree = request.merkleTree {
            self.walked.append(request)
            let path = (request.subtreePath ?? []).map { UInt8(clamping: $0) }
            let depth = Int(request.depth ?? 0)
            nodes = self.theirs[tree]?.answer(.nodes(below: path, depth: depth)).nodes ?? []
        }
        self.fetched += request.ids
        let honest = SyncResponse(
            hasMore: false,
            checkpoint: self.root(of: .proposal),
            identityCheckpoint: self.root(of: .identity),
            merkleNodes: nodes.map {
                .init(path: $0.path.map { Int64($0) }, hash: $0.hash, messageID: $0.messageID)
            },
            differing: request.comparison == nil ? nil : []
        )
        guard let response = request.merkleTree == nil ? honest : self.lie(honest) else {
            return self.perform(self.sync.exchangeFailed(exchange, now: self.now))
        }
        self.perform(self.sync.responded(response, to: exchange, now: self.now))
    }
}

@Suite("§5 Narrowing")
struct NarrowingTests {
    @Test(
        "R-05-071, R-05-072, R-05-073: what only the peer's tree holds is found and fetched by id"
    )
    func onlyThere() throws {
        let all = ids(0..<40)
        var table = try Table(own: Array(all.dropFirst(3)), theirs: Array(all.dropLast(2)))
        try table.join(ticks: 40)
        #expect(Set(table.fetched) == Set(all.prefix(3)))
        let found = try #require(table.told.first)
        #expect(Set(found.onlyThere) == Set(all.prefix(3)))
        #expect(found.onlyHere == 2 && found.held == 37)
        #expect(found.peer == table.peer && found.tree == .proposal)
    }

    @Test("R-05-073: when the messages have come the trees are compared again, and agree")
    func comparedAgain() throws {
        let all = ids(0..<20)
        var table = try Table(own: Array(all.dropFirst()), theirs: all)
        try table.join(ticks: 20)
        #expect(table.told.count == 1)
        table.own[.proposal] = Owner(all)
        table.walked = []
        table.run(ticks: 300)
        #expect(table.walked.isEmpty, "the roots, which every answer carries, are equal")
        #expect(table.told.count == 1)
    }

    @Test(
        "R-05-064, R-05-065: after phase 1 a revocation that the peer's tree has is fetched at once"
    )
    func revocation() throws {
        let all = ids(0..<9)
        var table = try Table(own: Array(all.dropLast()), theirs: all, of: .identity)
        // The session with the peer gets no further than phase 1.
        table.withheld = .reputationGossip
        try table.begin(ticks: 10)
        #expect(table.fetched == [all[8]])
        #expect(table.walked.map(\.merkleTree) == [.identity])
        #expect(table.told.isEmpty, "a node that catches up knows that its trees differ (R-05-009)")
    }

    @Test("R-05-071: equal trees are not walked")
    func equal() throws {
        var table = try Table(own: ids(0..<9), theirs: ids(0..<9))
        try table.join(ticks: 100)
        #expect(table.walked.isEmpty && table.told.isEmpty)
    }

    @Test(
        "R-05-009: trees of a peer that does not say it is synced are not compared",
        arguments: ["syncing", "degraded", ""]
    )
    func unsynced(status: String) throws {
        var table = try Table(own: ids(0..<9), theirs: ids(3..<12))
        try table.join(as: status, ticks: 100)
        #expect(table.walked.isEmpty && table.told.isEmpty)
    }

    @Test("R-05-072, ADR 0062: of large trees only the parts that differ are asked for")
    func large() throws {
        let all = ids(0..<3_000).sorted()
        // As many leaves on both sides: only the paths to the exchanged leaf differ.
        let text = String(all[2_000].hex.dropLast()) + (all[2_000].hex.hasSuffix("0") ? "1" : "0")
        let extra = try #require(MessageID(hex: text))
        var other = all
        other[2_000] = extra
        #expect(other == other.sorted())
        var table = try Table(own: all, theirs: other)
        try table.join(ticks: 60)
        #expect(Set(table.fetched) == [extra])
        #expect(table.told.first?.onlyHere == 1)
        #expect(table.walked.prefix(2).map(\.depth) == [4, 12])
        #expect(table.walked.prefix(2).map { $0.subtreePath?.count } == [0, 4])
        #expect(Set(table.walked.map(\.subtreePath)).count == 2)
    }

    @Test("R-05-072: a tree that is longer in front is recognised by its leaves")
    func shifted() throws {
        let all = ids(0..<5_000).sorted()
        var table = try Table(own: Array(all.dropFirst()), theirs: all)
        try table.join(ticks: 100)
        #expect(table.fetched.contains(all[0]) && Set(table.fetched).count == 1)
        #expect(table.told.first?.onlyHere == 0)
        #expect(table.walked.count <= 17)
    }

    @Test("an empty tree on either side is a difference like others", arguments: [true, false])
    func empty(isOwn: Bool) throws {
        let all = ids(0..<7)
        var table = try Table(own: isOwn ? [] : all, theirs: isOwn ? all : [])
        try table.join(ticks: 40)
        #expect(table.told.first?.onlyHere == (isOwn ? 0 : 7))
        #expect(Set(table.told.first?.onlyThere ?? []) == Set(isOwn ? all : []))
    }
}

@Suite("§5 Peers that lie about their trees")
struct HostileTreeTests {
    private static func node(_ path: [Int64], _ hash: Bytes32, _ id: MessageID? = nil)
        -> SyncResponse.MerkleNode
    {
        .init(path: path, hash: hash, messageID: id)
    }

    private static func response(_ nodes: [SyncResponse.MerkleNode], root: Bytes32? = nil)
        -> SyncResponse
    {
        SyncResponse(
            hasMore: false,
            checkpoint: root,
            identityCheckpoint: MerkleTree(ids: []).root,
            merkleNodes: nodes
        )
    }

    /// What a peer may answer in place of its tree.
    enum Lie: CaseIterable {
        /// A leaf that nobody signed, under the root of another tree.
        case foreignLeaf
        /// A leaf whose hash is not that of its id.
        case wrongLeaf
        /// The asked node itself, again and again.
        case noProgress
        /// Half of a pair.
        case oneChild
        /// Nodes that lie beside the path.
        case elsewhere
        /// Leaves in the wrong order.
        case disorder
        /// No nodes and no root, as of a peer that does not know the question.
        case nothing
        /// An error that means nothing.
        case nonsense
        /// Nothing.
        case silence

        func told(in honest: SyncResponse) -> SyncResponse? {
            let id = MessageID.named("made up")
            let leaf = HostileTreeTests.node([], MerkleTree.leafHash(id), id)
            switch self {
            case .foreignLeaf:
                return HostileTreeTests.response([leaf], root: honest.checkpoint)
            case .wrongLeaf:
                return HostileTreeTests.response([HostileTreeTests.node([], .zero, id)])
            case .noProgress: return HostileTreeTests.response([HostileTreeTests.node([], .zero)])
            case .oneChild:
                return HostileTreeTests.response([
                    HostileTreeTests.node([0], MerkleTree.leafHash(id), id)
                ])
            case .elsewhere:
                return HostileTreeTests.response(
                    honest.merkleNodes.map {
                        HostileTreeTests.node([1] + $0.path, $0.hash, $0.messageID)
                    }
                )
            case .disorder: return HostileTreeTests.response(honest.merkleNodes.reversed())
            case .nothing: return HostileTreeTests.response([])
            case .nonsense: return SyncResponse(hasMore: false, error: "no")
            case .silence: return nil
            }
        }
    }

    @Test(
        "R-05-072, ADR 0062: a lie about a tree brings no ids, no divergence and few questions",
        arguments: Lie.allCases
    )
    func lies(_ lie: Lie) throws {
        var table = try Table(own: ids(0..<9), theirs: ids(3..<12))
        table.lie = { lie.told(in: $0) }
        try table.join(ticks: 2_400)
        #expect(table.told.isEmpty && table.fetched.isEmpty)
        // In twenty minutes, with pauses that double.
        #expect((1...6).contains(table.walked.count))
    }

    @Test("ADR 0062: a tree without end, whose every hash is right, is left after a bounded walk")
    func endless() throws {
        var table = try Table(own: ids(0..<9), theirs: [])
        // Above each part stands another part: the peer only shows one more level of it each time.
        let levels = 200
        var below: [Bytes32] = [SHA256Digest.hash([])]
        for level in 0..<levels {
            let left = MerkleTree.leafHash(MessageID.named("endless \(level)"))
            below.append(MerkleTree.parentHash(left, below[level]))
        }
        var shown = levels
        table.lie = { honest in
            guard shown > 0 else { return nil }
            shown -= 1
            let depth = levels - shown - 1
            let path = Array(repeating: Int64(1), count: depth)
            let id = MessageID.named("endless \(shown)")
            return HostileTreeTests.response(
                [
                    HostileTreeTests.node(path + [0], MerkleTree.leafHash(id), id),
                    HostileTreeTests.node(path + [1], below[shown]),
                ],
                root: depth == 0 ? below[levels] : nil
            )
        }
        try table.join(ticks: 120)
        #expect(table.walked.count <= NarrowingLimits.requestsMax)
        #expect(table.told.isEmpty, "a tree that was not seen to its end says nothing")
    }

    @Test(
        "ADR 0062: a peer that throttles is asked again after the wait that it names, not without end"
    )
    func throttled() throws {
        var table = try Table(own: ids(0..<9), theirs: ids(3..<12))
        var answers = 0
        table.lie = { honest in
            answers += 1
            guard answers > 2 else {
                return SyncResponse(
                    hasMore: false,
                    error: "rate_limited",
                    retryAfterMilliseconds: 5_000
                )
            }
            return honest
        }
        try table.join(ticks: 8)
        #expect(answers == 1)
        table.run(ticks: 40)
        #expect(answers == 3)
        #expect(table.told.first?.onlyThere.count == 3)
    }
}
