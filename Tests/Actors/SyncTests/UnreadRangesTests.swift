import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)
private let minute: Int64 = 60_000
private let hour: Int64 = 60 * minute
private let day: Int64 = 24 * hour

private func node() -> NodeID { NodeID(SigningKey.generate().publicKey) }

/// A message of phase 3 with an identifier of its own, so long ago.
private func message(_ age: Int64) throws -> Message {
    try EnvelopeCodec.sign(
        .withdraw,
        payload: .object([("proposal_id", .string(SHA256Digest.hash(node().array).hex))]),
        timestamp: start.adding(milliseconds: -age),
        key: .generate()
    )
}

private func machine(with messages: [Message] = []) -> SyncStateMachine {
    var sync = SyncStateMachine(
        configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
    )
    for message in messages { sync.logged(message) }
    return sync
}

/// A peer that compares and serves its log like a node.
private struct Peer {
    let id = node()
    private let log: HeldLog
    private let messages: [Message]

    init(_ messages: [Message]) {
        var log = HeldLog()
        for message in messages { log.add(message, isOwn: false) }
        self.log = log
        self.messages = messages.sorted { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }
    }

    func answer(_ request: SyncRequest) -> SyncResponse {
        if let comparison = request.comparison {
            return SyncResponse(
                hasMore: false,
                checkpoint: .emptyRoot,
                differing: self.log.differences(from: comparison)
            )
        }
        let wanted = self.messages.filter { message in
            let id = request.sinceID
            let isBehind =
                message.timestamp > request.sinceTimestamp
                || message.timestamp == request.sinceTimestamp
                    && id.map { $0 < message.id } ?? false
            return isBehind && request.types.contains(message.typeName)
        }
        let page = wanted.prefix(request.limit)
        return SyncResponse(
            messages: page.map(\.canonical),
            hasMore: page.count < wanted.count,
            nextTimestamp: page.last?.timestamp,
            nextID: page.last?.id,
            checkpoint: .emptyRoot
        )
    }
}

/// A node among peers, with what it asked for and what came.
private struct Reader {
    var sync: SyncStateMachine
    let peers: [Peer]
    private(set) var now = start
    /// Whom it asked, whether for a comparison, and from when on.
    private(set) var asked: [(peer: NodeID, isComparison: Bool, since: Timestamp)] = []
    private(set) var served: [Message] = []
    private(set) var changes: [SyncAction] = []
    /// What becomes of a message that a peer serves.
    var isBusy = false
    /// Whose messages find no room.
    var crowded: NodeID?
    var isKnown = false

    init(holding messages: [Message], among peers: [Peer]) throws {
        self.sync = machine(with: messages)
        self.peers = peers
        _ = self.sync.started(now: start, entropy: 0)
        for peer in peers { _ = self.sync.authenticated(peer.id, now: start, entropy: 0) }
    }

    /// A node that has caught up with peers whose logs were like its own.
    static func settled(holding messages: [Message], among peers: [Peer]) throws -> Reader {
        var reader = try Reader(holding: messages, among: peers)
        for _ in 0..<peers.count + 2 { _ = reader.sync.tickAmongEmpty(now: start) }
        return reader
    }

    /// A peer connects anew, so that its log is compared.
    mutating func want(_ peer: Peer, after milliseconds: Int64) {
        let later = start.adding(milliseconds: milliseconds)
        _ = self.sync.authenticated(peer.id, now: later, entropy: 0)
    }

    mutating func go(to milliseconds: Int64) { self.now = start.adding(milliseconds: milliseconds) }

    /// Ticks, and carries out what follows until nothing does.
    mutating func live() throws {
        var queue = self.sync.tick(now: self.now, entropy: 0)
        while !queue.isEmpty {
            switch queue.removeFirst() {
            case .request(let exchange, let request):
                self.asked.append(
                    (exchange.peer, request.comparison != nil, request.sinceTimestamp)
                )
                let peer = try #require(self.peers.first { $0.id == exchange.peer })
                let answer = peer.answer(request)
                queue += self.sync.responded(answer, to: exchange, now: self.now)
            case .admit(let bytes, let peer):
                let message = try EnvelopeCodec.decode(bytes)
                let wasBusy = self.isBusy || self.crowded == peer
                self.served.append(message)
                if !wasBusy, !self.isKnown { self.sync.logged(message, from: peer) }
                queue += self.sync.judged(from: peer, wasBusy: wasBusy, now: self.now)
            case .ask(.tree(_, _, .own(.judgement, _))):
                let roots = Roots(proposals: .emptyRoot, identities: nil)
                queue += self.sync.judge(roots, now: self.now)
            case .ask(.tree): break
            case let other: self.changes.append(other)
            }
        }
    }

    var comparisons: [NodeID] { self.asked.filter(\.isComparison).map(\.peer) }
    var pages: Int { self.asked.count { !$0.isComparison } }

    mutating func forget() { (self.asked, self.served, self.changes) = ([], [], []) }
}

@Suite("C3-1: comparisons that find much")
struct MuchToReadTests {
    @Test(
        "C3-1: one message that a peer has more in a day of many costs two questions and a few pages"
    )
    func large() throws {
        let many = try (0..<1_500).map { try message(5 * day + Int64($0) * 50_000) }
        let missed = try message(5 * day + 40_000_000)
        let peer = Peer(many + [missed])
        var reader = try Reader.settled(holding: many, among: [peer])
        reader.want(peer, after: minute)
        reader.go(to: minute)
        try reader.live()
        #expect(reader.served.contains { $0.id == missed.id })
        #expect(reader.served.count <= 20)
        #expect(reader.pages == 1)
        #expect(reader.comparisons.count == 2)
    }

    @Test(
        "C3-1: where only longer blocks are kept, a peer's message is found, and the comparison ends",
        arguments: [
            (20, 20, 0), (100, 100, 0), (500, 500, 0), (20, 0, 20), (500, 0, 500), (500, 0, 0),
        ] as [(Int64, Int64, Int64)]
    )
    func longAgo(age: Int64, own: Int64, theirs: Int64) throws {
        // What each side holds of a later phase decides what it keeps of the time long before.
        func newest(_ age: Int64) throws -> Message {
            let time = start.adding(milliseconds: -age * day)
            return try Draft.share([[1]]).signed(by: .generate(), at: time)
        }
        let many = try (0..<1_500).map { try message(age * day + Int64($0) * 50_000) }
        let missed = try message(age * day + 40_000_000)
        let peer = Peer(try many + [missed, newest(theirs)])
        var reader = try Reader.settled(holding: many + [newest(own)], among: [peer])
        for later in 1...8 as ClosedRange<Int64> {
            reader.want(peer, after: later * minute)
            reader.go(to: later * minute)
            try reader.live()
        }
        #expect(reader.served.contains { $0.id == missed.id })
        let asked = reader.asked.count
        for later in 9...11 as ClosedRange<Int64> {
            reader.want(peer, after: later * minute)
            reader.go(to: later * minute)
            try reader.live()
        }
        #expect(reader.asked.count == asked + 3, "equal logs cost one question each")
    }

    @Test("C3-1: what differs is read newest first")
    func newestFirst() throws {
        let missed = try [30 * day, 2 * hour, 3 * day].map { try message($0) }
        let peer = Peer(missed)
        var reader = try Reader.settled(holding: [], among: [peer])
        reader.want(peer, after: minute)
        reader.go(to: minute)
        try reader.live()
        let since = reader.asked.filter { !$0.isComparison }.map(\.since)
        #expect(since.count == 3 && since == since.sorted(by: >))
    }

    @Test(
        "C3-1: a comparison that finds much ends for others to have their turn, and goes on later"
    )
    func turns() throws {
        let hours = (1...11).map { Int64($0) * 2 * hour }
        let days = (1...12).map { Int64($0) * 2 * day }
        let missed = try (hours + days).map { try message($0) }
        let peers = [Peer(missed), Peer([])]
        var reader = try Reader.settled(holding: [], among: peers)
        for peer in peers { reader.want(peer, after: minute) }
        reader.go(to: minute)
        try reader.live()
        #expect(reader.pages == SyncLimits.comparisonAnswersMax)
        try reader.live()
        #expect(reader.comparisons == peers.map(\.id), "the other peer is next")
        for later in 2...6 as ClosedRange<Int64> {
            reader.go(to: later * minute)
            for _ in peers { try reader.live() }
        }
        #expect(Set(reader.served.map(\.id)) == Set(missed.map(\.id)))
        #expect(reader.served.count < 2 * missed.count, "what was read is not read again")
    }

    @Test("C3-1: what this node refuses for good does not keep it from what lies behind")
    func refused() throws {
        let missed = try (1...25).map { try message(Int64($0) * 2 * day) }
        let peer = Peer(missed)
        var reader = try Reader.settled(holding: [], among: [peer])
        reader.isKnown = true
        for later in 1...5 as ClosedRange<Int64> {
            reader.want(peer, after: later * minute)
            reader.go(to: later * minute)
            try reader.live()
        }
        #expect(Set(reader.served.map(\.id)) == Set(missed.map(\.id)))
    }

    @Test(
        "C3-1: only what was new to the log makes others be compared with",
        arguments: [false, true]
    )
    func brought(isKnown: Bool) throws {
        let peers = [Peer([try message(2 * hour)]), Peer([])]
        var reader = try Reader.settled(holding: [], among: peers)
        reader.isKnown = isKnown
        reader.want(peers[0], after: 2 * minute)
        reader.go(to: 2 * minute)
        for _ in 0..<3 { try reader.live() }
        #expect(reader.served.count == 1)
        #expect(reader.comparisons.contains(peers[1].id) == !isKnown)
    }
}

@Suite("C3-1: messages for which there was no room")
struct NoRoomTests {
    @Test(
        "C3-1: a range with a message that was refused as busy is read again in five to ten minutes"
    )
    func range() throws {
        let peer = Peer([try message(2 * hour)])
        var reader = try Reader.settled(holding: [], among: [peer])
        reader.isBusy = true
        reader.want(peer, after: minute)
        reader.go(to: minute)
        try reader.live()
        #expect(reader.served.count == 1)
        reader.isBusy = false
        for later in 2...5 as ClosedRange<Int64> {
            reader.want(peer, after: later * minute)
            reader.go(to: later * minute)
            try reader.live()
        }
        #expect(reader.served.count == 1, "not at once")
        for later in 6...12 as ClosedRange<Int64> {
            reader.go(to: later * minute)
            try reader.live()
        }
        #expect(reader.served.count == 2, "and then once")
    }

    @Test("C3-1: a node that had no room for what it missed is not synced, and reads it again")
    func catchingUp() throws {
        let missed = try message(2 * hour)
        var reader = try Reader(holding: [], among: [Peer([missed])])
        reader.isBusy = true
        try reader.live()
        #expect(reader.served.count == 1)
        for second in 1...60 as ClosedRange<Int64> {
            reader.go(to: second * 1_000)
            try reader.live()
        }
        #expect(reader.served.count == 1 && reader.sync.status.state == .syncing)
        reader.isBusy = false
        for later in 2...11 as ClosedRange<Int64> {
            reader.go(to: later * minute)
            for _ in 0..<2 { try reader.live() }
        }
        #expect(reader.served.count == 2 && reader.sync.status.state == .synced)
    }

    @Test("C3-1: a node that has no room again and again is degraded, and says what it did read")
    func hopeless() throws {
        var reader = try Reader(holding: [], among: [Peer([try message(2 * hour)])])
        reader.isBusy = true
        for later in 0...15 as ClosedRange<Int64> {
            reader.go(to: later * minute)
            try reader.live()
        }
        let last = try #require(reader.changes.ofSessions.last)
        #expect(last == .stateChanged(.degraded, finishedPhases: [1, 2]))
    }

    @Test(
        "C3-1: a peer whose share of the room is used up does not keep a node from syncing with others"
    )
    func oneOfTwo() throws {
        let peers = [Peer([try message(2 * hour)]), Peer([try message(3 * hour)])]
        var reader = try Reader(holding: [], among: peers)
        reader.crowded = peers[0].id
        for _ in 0..<3 { try reader.live() }
        #expect(reader.sync.status.state == .synced)
    }
}
