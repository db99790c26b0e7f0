import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

private func node() -> NodeID { NodeID(SigningKey.generate().publicKey) }

private struct UnexpectedPayload: Error {}

private func page(_ messages: Int, hasMore: Bool, next: Int64) -> SyncResponse {
    SyncResponse(
        messages: (0..<messages).map { Array("{\"n\":\($0)}".utf8) },
        hasMore: hasMore,
        nextTimestamp: Timestamp(milliseconds: next),
        checkpoint: .emptyRoot
    )
}

extension Draft {
    /// Asks a peer for messages of these types.
    static func page(of types: [String], since: Int64 = 0) -> Draft {
        let begin = Timestamp(milliseconds: since)
        return Draft(SyncRequest(sinceTimestamp: begin, types: types, limit: 10))
    }

    /// The answer of a peer that compares its log.
    static func comparison(_ differing: [SyncDifference]) -> Draft {
        Draft(SyncResponse(hasMore: false, differing: differing))
    }

    func response(at time: Timestamp) throws -> SyncResponse {
        let message = try self.signed(by: .generate(), at: time)
        guard case .syncResponse(let response) = message.payload else { throw UnexpectedPayload() }
        return response
    }
}

extension SyncAction {
    var requested: OutboundExchange? {
        if case .request(let exchange, _) = self { exchange } else { nil }
    }

    var payload: SyncRequest? {
        if case .request(_, let payload) = self { payload } else { nil }
    }
}

extension SyncStateMachine {
    /// The answer to a request for which nothing is read, with these roots of the own trees.
    mutating func served(
        _ read: [SyncAction],
        proposals: Bytes32 = .zero,
        identities: Bytes32 = .zero,
        now: Timestamp
    ) -> SyncResponse? {
        var actions = read
        for (tree, root) in [(.proposal, proposals), (.identity, identities)]
            as [(SyncRequest.Tree, Bytes32)]
        {
            guard case .ask(.tree(tree, _, let purpose))? = actions.first else { return nil }
            let view = TreeView(root: root, leaves: 0)
            actions = self.heard(view, of: tree, for: purpose, now: now)
        }
        guard case .answer(_, let answer)? = actions.first else { return nil }
        return answer
    }

    /// A message is in the log: a peer served it by sync just now, or it came before the start.
    mutating func logged(_ message: Message, from server: NodeID? = nil) {
        let admitted = message.admitted(from: server.map { .sync(peer: $0) })
        self.logged(MessageLogged(sequence: 1, admitted: admitted, isReplay: server == nil))
    }

    /// A message that a peer served is refused, for want of room or as a known one.
    mutating func judged(from peer: NodeID, wasBusy: Bool = false, now: Timestamp) -> [SyncAction] {
        let refusal = Refusal(wasBusy ? .busy : .duplicate, "")
        let event = MessageRefused(origin: .sync(peer: peer), id: nil, refusal: refusal)
        return self.refused(event, now: now)
    }

    /// A tick among peers whose logs are the same whenever they are compared.
    mutating func tickAmongEquals(now: Timestamp, entropy: UInt64) throws -> [SyncAction] {
        var actions = self.tick(now: now, entropy: entropy)
        while let exchange = actions.first?.requested, actions.first?.payload?.comparison != nil {
            let equal = try Draft.comparison([]).response(at: now)
            actions = self.responded(equal, to: exchange, now: now)
            if actions.isEmpty { actions = self.tick(now: now, entropy: entropy) }
        }
        return actions
    }
}

@Suite("§5 Sync session")
struct SyncSessionTests {
    private func machine(isSyncedAtStart: Bool = false) -> SyncStateMachine {
        SyncStateMachine(
            configuration: SyncConfiguration(
                isSyncedAtStart: isSyncedAtStart,
                isLocalProfile: true
            )
        )
    }

    @Test("D-27: a founder counts as synced at once")
    func founder() {
        var sync = self.machine(isSyncedAtStart: true)
        let actions = sync.started(now: start, entropy: 0)
        #expect(actions == [.stateChanged(.synced), .caughtUp(isBeginning: true)])
    }

    @Test("R-05-002, R-05-108, D-27: a founder, too, looks every 15 minutes for what it missed")
    func founderCatchesUp() throws {
        var sync = self.machine(isSyncedAtStart: true)
        _ = sync.started(now: start, entropy: 0)
        _ = sync.authenticated(node(), now: start, entropy: 0)
        let early = try sync.tickAmongEquals(now: start, entropy: 0).ofSessions
            .compactMap(\.requested)
        #expect(early.isEmpty)
        let later = start.adding(milliseconds: SyncLimits.incrementalMilliseconds)
        let due = try sync.tickAmongEquals(now: later, entropy: 0).ofSessions
            .compactMap(\.requested)
        #expect(due.count == 1)
    }

    @Test("R-05-011, R-05-028, R-05-096: each phase is asked for by its types, in order")
    func phases() throws {
        var sync = self.machine()
        _ = sync.started(now: start, entropy: 0)
        _ = sync.authenticated(node(), now: start, entropy: 0)
        var asked: [[String]] = []
        let first = sync.tick(now: start, entropy: 0)
        let end = sync.carryOut(first, now: start) { _, request in
            asked.append(request.types)
            return page(0, hasMore: false, next: 0)
        }
        #expect(asked == (1...4).map { SyncPhases.types(of: $0).map(\.rawValue) })
        #expect(end == [.stateChanged(.synced), .caughtUp(isBeginning: true)])
        let rest = try sync.tickAmongEquals(now: start, entropy: 0)
        #expect(rest.ofSessions.isEmpty)
    }

    @Test("D-27, ADR 0024: a founder that returns is synced at once, and catches up with all peers")
    func returningFounder() throws {
        let id = JSONValue.string(MerkleTree(ids: []).root.hex)
        let past = try EnvelopeCodec.sign(
            .withdraw,
            payload: .object([("proposal_id", id)]),
            timestamp: start,
            key: SigningKey.generate()
        )
        var sync = self.machine(isSyncedAtStart: true)
        sync.logged(past)
        #expect(sync.started(now: start, entropy: 0) == [.stateChanged(.synced)])
        #expect(sync.tick(now: start, entropy: 0).isEmpty, "nobody is there")
        for _ in 0..<2 { _ = sync.authenticated(node(), now: start, entropy: 0) }
        let now = start.adding(milliseconds: SyncLimits.lonelyMilliseconds)
        var asked: Set<NodeID> = []
        let first = sync.tick(now: now, entropy: 0)
        let end = sync.carryOut(first, now: now) { peer, _ in
            asked.insert(peer)
            return page(0, hasMore: false, next: 0)
        }
        #expect(asked.count == 2)
        #expect(end == [.caughtUp(isBeginning: false)])
        let rest = try sync.tickAmongEquals(now: now, entropy: 0)
        #expect(rest.isEmpty)
    }

    @Test("R-05-005: the next page is asked for only after every message was judged")
    func paging() throws {
        var sync = self.machine()
        let peer = node()
        _ = sync.started(now: start, entropy: 0)
        _ = sync.authenticated(peer, now: start, entropy: 0)
        let exchange = try #require(sync.tick(now: start, entropy: 0).first?.requested)
        let admitted = sync.responded(
            page(2, hasMore: true, next: 55),
            to: exchange,
            now: start
        )
        #expect(admitted.count == 2)
        #expect(sync.judged(from: peer, now: start).isEmpty)
        let next = sync.judged(from: peer, now: start).first?.payload
        #expect(next?.sinceTimestamp.milliseconds == 55)
    }

    @Test("ADR 0063: status says how far the phase of a peer is read, by the time that lies behind")
    func percent() throws {
        var sync = self.machine()
        let peer = node()
        _ = sync.started(now: start, entropy: 0)
        _ = sync.authenticated(peer, now: start, entropy: 0)
        var exchange = try #require(sync.tick(now: start, entropy: 0).first?.requested)
        var told: [Int?] = [sync.status.progress?.percent]
        for secondsAgo in [4_000, 3_000, 1_000] as [Int64] {
            let next = start.milliseconds - secondsAgo * 1_000
            _ = sync.responded(page(1, hasMore: true, next: next), to: exchange, now: start)
            told.append(sync.status.progress?.percent)
            exchange = try #require(sync.judged(from: peer, now: start).first?.requested)
        }
        #expect(told == [nil, 0, 25, 75])
        let progress = try #require(sync.status.progress)
        #expect(progress.phases == [1, 2, 3, 4] && progress.peersRead == 0)
    }

    @Test("R-05-008: syncing and degraded peers are not asked", arguments: ["syncing", "degraded"])
    func unfitPeers(status: String) {
        var sync = self.machine()
        let peer = node()
        _ = sync.started(now: start, entropy: 0)
        _ = sync.authenticated(peer, now: start, entropy: 0)
        sync.announced(peer, status: SyncState(rawValue: status))
        #expect(sync.tick(now: start, entropy: 0).allSatisfy { $0.requested == nil })
    }

    @Test(
        "R-05-085: pauses double from five seconds; R-05-094: after three, degraded and five minutes"
    )
    func failures() throws {
        var sync = self.machine()
        _ = sync.started(now: start, entropy: 0)
        _ = sync.authenticated(node(), now: start, entropy: 0)
        var now = start
        var changes: [SyncAction] = []
        let pauses: [Int64] = [5_000, 10_000, 300_000, 300_000, 300_000]
        for pause in pauses {
            let actions = sync.tick(now: now, entropy: 0).ofSessions
            let exchange = try #require(actions.first?.requested)
            changes += sync.exchangeFailed(exchange, now: now)
            let early = now.adding(milliseconds: pause - 1)
            #expect(sync.tick(now: early, entropy: 0).ofSessions.isEmpty)
            now = now.adding(milliseconds: pause)
        }
        #expect(changes == [.stateChanged(.degraded)])
    }
}

@Suite("ADR 0024: catching up")
struct CatchingUpTests {
    private let peers = (0..<3).map { _ in node() }

    private func machine() -> SyncStateMachine {
        SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
        )
    }

    /// A machine with a past among its peers, which are syncing, too, unless named.
    private func returning(synced: Set<NodeID> = []) throws -> SyncStateMachine {
        var sync = self.machine()
        sync.logged(try Self.withdrawal(at: start))
        _ = sync.started(now: start, entropy: 0)
        for peer in self.peers {
            _ = sync.authenticated(peer, now: start, entropy: 0)
            sync.announced(peer, status: synced.contains(peer) ? .synced : .syncing)
        }
        return sync
    }

    private static func withdrawal(at time: Timestamp) throws -> Message {
        let id = JSONValue.string(MerkleTree(ids: []).root.hex)
        return try EnvelopeCodec.sign(
            .withdraw,
            payload: .object([("proposal_id", id)]),
            timestamp: time,
            key: SigningKey.generate()
        )
    }

    /// Lives on for ten minutes; a mute peer breaks every session.
    ///
    /// - Returns: whom it asked for identities and for votes, since when for votes, and what else it did.
    private func live(_ sync: inout SyncStateMachine, mute: Set<NodeID> = []) -> (
        asked: [NodeID], votesSince: [Int64], others: [SyncAction]
    ) {
        var (asked, votesSince, others) = ([NodeID](), [Int64](), [SyncAction]())
        for second in 0..<600 as Range<Int64> {
            let now = start.adding(milliseconds: second * 1_000)
            let actions = sync.tick(now: now, entropy: UInt64(second))
            others += sync.carryOut(actions, now: now) { peer, request in
                guard request.comparison == nil else { return mute.contains(peer) ? nil : .nothing }
                if request.types.contains(MessageType.didLink.rawValue) { asked.append(peer) }
                if request.types.contains(MessageType.vote.rawValue) {
                    votesSince.append(request.sinceTimestamp.milliseconds)
                }
                return mute.contains(peer) ? nil : .nothing
            }
        }
        return (asked, votesSince, others)
    }

    @Test("what came before the start is asked for of all, whatever gossip comes first")
    func liveGossip() throws {
        let week: Int64 = 7 * 86_400_000
        for pasts in [[], [start.adding(milliseconds: -week)]] as [[Timestamp]] {
            var sync = self.machine()
            for past in pasts { sync.logged(try Self.withdrawal(at: past)) }
            _ = sync.started(now: start, entropy: 0)
            sync.logged(try Self.withdrawal(at: start))
            for peer in self.peers { _ = sync.authenticated(peer, now: start, entropy: 0) }
            let life = self.live(&sync)
            let since = pasts.first?.milliseconds ?? 0
            #expect(life.votesSince == [since, since, since])
            #expect(life.others.contains(.caughtUp(isBeginning: false)))
        }
    }

    @Test("D-27: when only syncing peers are there for long, all of them are asked")
    func allRestart() throws {
        var sync = try self.returning()
        let life = self.live(&sync)
        #expect(life.asked.count == 3 && Set(life.asked) == Set(self.peers))
        #expect(life.others == [.stateChanged(.synced), .caughtUp(isBeginning: false)])
    }

    @Test("D-27: a mute peer that says it is synced does not keep the others from being asked")
    func muteAmongSyncing() throws {
        var sync = try self.returning(synced: [self.peers[0]])
        let life = self.live(&sync, mute: [self.peers[0]])
        #expect(life.others.last == .caughtUp(isBeginning: false))
    }

    @Test("a mute peer does not block a small network")
    func mutePeer() {
        for mute in self.peers {
            var sync = self.machine()
            _ = sync.started(now: start, entropy: 0)
            for peer in self.peers { _ = sync.authenticated(peer, now: start, entropy: 0) }
            let life = self.live(&sync, mute: [mute])
            #expect(life.asked.count { $0 == mute } <= 1)
            #expect(Set(life.asked).isSuperset(of: self.peers.filter { $0 != mute }))
            #expect(life.others.contains(.caughtUp(isBeginning: true)))
        }
    }
}

@Suite("§5 Serving")
struct ServingTests {
    private let peer = node()

    private func exchange(_ id: UInt64) -> InboundExchange {
        InboundExchange(id: id, peer: self.peer, streamProtocol: .sync)
    }

    /// Asks for a page and gets so many bytes.
    private func serve(
        _ bytes: Int,
        _ id: UInt64,
        in budget: inout ServingBudget,
        isSyncing: Bool = false,
        at now: Timestamp = start
    ) -> Int64? {
        switch budget.reserve(self.exchange(id), isSyncing: isSyncing, now: now) {
        case .wait(let wait): wait
        case .bytes: budget.charge(bytes, for: self.exchange(id), now: now)
        }
    }

    @Test("R-01-034: ten requests a peer and minute; R-05-090: fifty while it is syncing")
    func rate() {
        var budget = ServingBudget()
        for id in 1...10 { #expect(self.serve(1, UInt64(id), in: &budget) == nil) }
        #expect(self.serve(1, 11, in: &budget) == 60_000)
        for id in 12...51 {
            #expect(self.serve(1, UInt64(id), in: &budget, isSyncing: true) == nil)
        }
        #expect(self.serve(1, 52, in: &budget, isSyncing: true) != nil)
        let later = start.adding(milliseconds: 60_000)
        #expect(self.serve(1, 53, in: &budget, at: later) == nil)
    }

    @Test("R-05-087: ten MiB a peer and minute")
    func bytes() {
        var budget = ServingBudget()
        for id in 1...2 {
            #expect(self.serve(SyncLimits.bytesPerMinuteMax / 2, UInt64(id), in: &budget) == nil)
        }
        #expect(self.serve(1, 3, in: &budget) == 60_000)
    }

    @Test("C1-8: R-05-087: sixteen requests at once get no more than one after the other")
    func parallel() {
        var budget = ServingBudget()
        let grants = (1...16).map {
            budget.reserve(self.exchange($0), isSyncing: true, now: start)
        }
        let bytes = grants.reduce(0) { sum, grant in
            if case .bytes(let bytes) = grant { sum + bytes } else { sum }
        }
        #expect(bytes <= SyncLimits.bytesPerMinuteMax)
        #expect(grants.first == .bytes(SyncLimits.pageBytesMax))
        #expect(grants.last == .wait(1_000), "what is under way may turn out to be less")
    }

    @Test("C1-8: R-05-087: the minute rolls, in bytes and in requests")
    func rolling() {
        var budget = ServingBudget()
        let half = SyncLimits.bytesPerMinuteMax / 2
        #expect(self.serve(half, 1, in: &budget) == nil)
        let second = start.adding(milliseconds: 50_000)
        #expect(self.serve(half, 2, in: &budget, at: second) == nil)
        // A window that began with the first request would have ended here, with room for all of it.
        let third = start.adding(milliseconds: 61_000)
        #expect(self.serve(half, 3, in: &budget, at: third) == nil)
        #expect(self.serve(1, 4, in: &budget, at: third) == 49_000)
    }

    @Test("C1-8: an answer that turns out to be larger than the room left is not sent")
    func tooLarge() {
        var budget = ServingBudget()
        #expect(self.serve(8_300_000, 1, in: &budget) == nil, "one large message is a page, too")
        #expect(self.serve(8_300_000, 2, in: &budget) == 60_000)
        #expect(self.serve(2_000_000, 3, in: &budget) == nil, "what was not sent is not charged")
    }
}

@Suite("§5 Types that are asked for")
struct RequestedTypesTests {
    @Test(
        "Names of unknown types ask for nothing, and no names ask for everything",
        arguments: [(["NEWS"], true), (["NEWS", "VOTE"], false), ([], false)]
            as [([String], Bool)]
    )
    func unknownTypes(names: [String], isEmpty: Bool) throws {
        let message = try Draft.page(of: names, since: 5).signed(by: .generate(), at: start)
        let exchange = InboundExchange(id: 1, peer: message.from, streamProtocol: .sync)
        let admitted = message.admitted(from: .exchange(exchange))
        var sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
        )
        let actions = sync.judge(admitted, now: start)
        guard case .ask(let question)? = actions.first, actions.count == 1 else {
            Issue.record("\(actions)")
            return
        }
        switch question {
        case .page(let page, let reading):
            #expect(!isEmpty && reading == Reading(exchange: exchange, page: page))
            #expect(page.types == names.compactMap { MessageType(rawValue: $0) })
        case .tree(.proposal, .root, .serving(let page)):
            #expect(isEmpty && page.messages.messages.isEmpty && !page.messages.hasMore)
            #expect(page.messages.nextTimestamp == Timestamp(milliseconds: 5))
        case .messages, .chain, .archived, .votes, .tree, .scores, .ownKeys, .allScores:
            Issue.record("\(question)")
        }
    }
}
