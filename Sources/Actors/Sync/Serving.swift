import Messages
import Primitives

/// Serves the log to peers that ask, each within what it may have.
struct Serving: Sendable {
    private var budget = ServingBudget()
    /// Answers that went out.
    private(set) var served: UInt64 = 0

    // MARK: Requests

    /// Takes a request out of what the peer may ask.
    ///
    /// - Parameters:
    ///   - request: what it asks.
    ///   - exchange: where it waits for the answer.
    ///   - isSyncing: whether it is catching up, so that it may ask more often.
    ///   - now: the time.
    /// - Returns: the answer of D-22 to a peer that asks too often; nil when it is served.
    mutating func throttle(
        _ request: SyncRequest,
        on exchange: InboundExchange,
        isSyncing: Bool,
        now: Timestamp
    ) -> SyncResponse? {
        switch self.budget.reserve(exchange, isSyncing: isSyncing, now: now) {
        case .bytes: nil
        case .wait(let wait):
            .throttled(since: request.sinceTimestamp, request.sinceID, wait: wait)
        }
    }

    /// Serves messages, once they were read, or the snapshots that there are.
    func serve(_ request: SyncRequest, on exchange: InboundExchange, snapshots: [[UInt8]] = [])
        -> SyncAction
    {
        if let tree = request.merkleTree { return self.serveNodes(of: tree, request, exchange) }
        if !request.ids.isEmpty { return Self.serveIDs(request, exchange) }
        if request.types == [ScorePoll.typeName] {
            let after = request.sinceID.map { NodeID($0.bytes) }
            let query = CurrentScores(after: after, limit: request.limit)
            return .ask(.scores(query, Reading(exchange: exchange)))
        }
        if request.types == [SnapshotPoll.typeName] {
            return Self.serve(Array(snapshots.prefix(request.limit)), request, on: exchange)
        }
        let types = request.types.compactMap { MessageType(rawValue: $0) }
        if let key = request.identityKey {
            return Self.serveChain(of: key, types.filter(\.isIdentityType), request, exchange)
        }
        // Names of unknown types ask for nothing; no names ask for everything.
        guard !types.isEmpty || request.types.isEmpty else {
            return Self.serveNothing(request, on: exchange)
        }
        let page = MessagesAfter(
            types: types,
            since: request.sinceTimestamp,
            sinceID: request.sinceID,
            limit: min(max(Int(clamping: request.limit), 1), SyncLimits.pageMessagesMax),
            bytesMax: self.budget.reserved(for: exchange)
        )
        return .ask(.page(page, Reading(exchange: exchange, page: page)))
    }

    /// Serves nodes of a tree, as many levels below the path as the peer's allowance has room for (D-21).
    private func serveNodes(
        of tree: SyncRequest.Tree,
        _ request: SyncRequest,
        _ exchange: InboundExchange
    ) -> SyncAction {
        let room = self.budget.reserved(for: exchange) - SyncLimits.answerOverheadBytes
        let wanted = min(Int(clamping: request.depth ?? 0), NarrowingLimits.levelsMax)
        let fitting = (0...wanted).last { NarrowingLimits.nodeBytes << $0 <= room }
        let path = (request.subtreePath ?? []).map { UInt8(clamping: $0) }
        let nodes = WantedNodes(tree: tree, path: path, depth: fitting ?? 0)
        return Self.serveNothing(request, Reading(exchange: exchange, nodes: nodes))
    }

    /// Serves messages by id, and with proposals the votes on them (D-88, R-05-074).
    ///
    /// A peer that goes on behind the beginning wants votes only.
    private static func serveIDs(_ request: SyncRequest, _ exchange: InboundExchange) -> SyncAction
    {
        let ids = Array(request.ids.prefix(SyncLimits.idsPerRequestMax))
        let isFirst = request.sinceTimestamp.milliseconds == 0
        let place = request.sinceID.map { id in
            MessagePlace(timestamp: request.sinceTimestamp, id: id)
        }
        let query = ProposalVotes(
            of: ids,
            after: isFirst ? nil : place,
            limit: SyncLimits.pageMessagesMax - (isFirst ? ids.count : 0)
        )
        let reading = Reading(exchange: exchange, ids: isFirst ? ids : [])
        return .ask(.votes(query, reading))
    }

    /// Serves the identity messages of a key (R-01-031).
    private static func serveChain(
        of key: NodeID,
        _ types: [MessageType],
        _ request: SyncRequest,
        _ exchange: InboundExchange
    ) -> SyncAction {
        // Names of other types ask for nothing; no names ask for all identity types.
        guard !types.isEmpty || request.types.isEmpty else {
            return Self.serveNothing(request, on: exchange)
        }
        let query = IdentityChain(
            key: key,
            types: types,
            since: request.sinceTimestamp,
            sinceID: request.sinceID,
            limit: request.limit
        )
        return .ask(.chain(query, .serving(exchange, request)))
    }

    /// Serves snapshots, all there are in one page (D-22).
    private static func serve(
        _ snapshots: [[UInt8]],
        _ request: SyncRequest,
        on exchange: InboundExchange
    ) -> SyncAction {
        let reading = Reading(exchange: exchange, isForSnapshots: true)
        let page = MessagesAfter.Reply(
            messages: snapshots,
            hasMore: false,
            nextTimestamp: request.sinceTimestamp,
            nextID: request.sinceID
        )
        return Self.askRoot(.proposal, for: ReadPage(reading: reading, messages: page))
    }

    /// Answers without messages: nothing matches the request, or the peer wants the logs compared.
    static func serveNothing(
        _ request: SyncRequest,
        on exchange: InboundExchange,
        differences: [SyncDifference]? = nil
    ) -> SyncAction {
        let reading = Reading(exchange: exchange, differences: differences)
        return Self.serveNothing(request, reading)
    }

    private static func serveNothing(_ request: SyncRequest, _ reading: Reading) -> SyncAction {
        let nothing = MessagesAfter.Reply(
            messages: [],
            hasMore: false,
            nextTimestamp: request.sinceTimestamp,
            nextID: request.sinceID
        )
        return Self.askRoot(.proposal, for: ReadPage(reading: reading, messages: nothing))
    }

    // MARK: What was read

    /// Identity told which messages make up a chain; the log has them.
    static func read(
        _ chain: IdentityChain.Reply?,
        for request: SyncRequest,
        on exchange: InboundExchange
    ) -> SyncAction {
        guard let chain, !chain.entries.isEmpty else {
            return Self.serveNothing(request, on: exchange)
        }
        let query = MessagesByID(ids: chain.entries.map(\.id))
        return .ask(.messages(query, Reading(exchange: exchange, chain: chain)))
    }

    /// Consensus told which votes there are; the log has them, and what was asked for by id.
    static func read(_ votes: ProposalVotes.Reply?, for reading: Reading) -> SyncAction {
        guard let votes else { return .hangUp(reading.exchange) }
        var reading = reading
        reading.votes = votes
        let ids = reading.ids + votes.entries.map(\.id)
        return .ask(.messages(MessagesByID(ids: ids), reading))
    }

    /// Reputation told what this node thinks of others (R-05-052); without that the peer asks somebody else.
    static func read(_ scores: CurrentScores.Reply?, for reading: Reading) -> SyncAction {
        guard let scores else { return .hangUp(reading.exchange) }
        var reading = reading
        reading.scores = scores.entries
        let nothing = MessagesAfter.Reply(
            messages: [],
            hasMore: scores.hasMore,
            nextTimestamp: Timestamp(milliseconds: 0),
            nextID: scores.entries.last.map { MessageID($0.nodeID.bytes) }
        )
        return Self.askRoot(.proposal, for: ReadPage(reading: reading, messages: nothing))
    }

    /// A page is there, and the roots of the trees are still missing; without a page the peer asks again.
    static func read(_ page: MessagesAfter.Reply?, for reading: Reading) -> SyncAction {
        guard let page else { return .hangUp(reading.exchange) }
        let read = ReadPage(reading: reading, messages: page)
        let proposals = reading.page.map { read.proposals(of: $0) } ?? []
        guard !proposals.isEmpty else { return Self.askRoot(.proposal, for: read) }
        return .ask(.archived(ArchivedMessages(proposals: proposals), read))
    }

    /// Consensus told which proposals are archived: what is about them is left out (R-12-013).
    ///
    /// A page of which nothing is left is no news to the peer, which gives up after a few of them: the next
    /// one is read in its place.
    static func read(_ archived: Set<MessageID>?, among page: ReadPage) -> SyncAction {
        guard let archived else { return .hangUp(page.reading.exchange) }
        let left = page.without(archived)
        var reading = page.reading
        guard left.messages.messages.isEmpty, left.messages.hasMore, let asked = reading.page,
            reading.emptied < SyncLimits.archivedPagesMax
        else { return Self.askRoot(.proposal, for: left) }
        let next = MessagesAfter(
            types: asked.types,
            since: left.messages.nextTimestamp,
            sinceID: left.messages.nextID,
            limit: SyncLimits.pageMessagesMax,
            bytesMax: asked.bytesMax
        )
        reading.emptied += 1
        reading.page = next
        return .ask(.page(next, reading))
    }

    /// Asks for the root of a tree, and for the nodes that the peer wants of it.
    private static func askRoot(_ tree: SyncRequest.Tree, for page: ReadPage) -> SyncAction {
        let wanted = page.reading.nodes.flatMap { nodes in
            nodes.tree == tree ? TreeQuestion.nodes(below: nodes.path, depth: nodes.depth) : nil
        }
        return .ask(.tree(tree, wanted ?? .root, .serving(page)))
    }

    /// The owner of a tree answered; the root of the other one may still be missing.
    ///
    /// - Returns: the page with it, and what to ask before the page can go out.
    static func looked(_ view: TreeView, at tree: SyncRequest.Tree, for page: ReadPage)
        -> (page: ReadPage, question: SyncAction?)
    {
        var page = page
        page.nodes += view.nodes
        switch tree {
        case .proposal:
            page.checkpoint = view.root
            return (page, Self.askRoot(.identity, for: page))
        case .identity:
            page.identityCheckpoint = view.root
            return (page, nil)
        }
    }

    // MARK: Answers

    /// Answers with a page, within what the peer may have, and with the bans that this node knows.
    mutating func answer(
        _ page: ReadPage,
        bans: [MessageID],
        now: Timestamp
    ) -> [SyncAction] {
        let exchange = page.reading.exchange
        let answer = AnswerPage(
            page,
            bans: bans,
            bytesMax: self.budget.reserved(for: exchange)
        )
        if let wait = self.budget.charge(answer.bytes, for: exchange, now: now) {
            let (since, id) = (page.messages.nextTimestamp, page.messages.nextID)
            return [
                .answer(exchange, .throttled(since: since, id, wait: wait)),
                .tellServed(exchange.peer, messages: 0),
            ]
        }
        self.served += 1
        let messages = page.reading.isForSnapshots ? 0 : answer.page.messages.count
        return answer.skipped.map { .warnOfUnserved($0) } + [
            .answer(exchange, answer.payload), .tellServed(exchange.peer, messages: messages),
        ]
    }
}

extension MessagesAfter.Reply {
    /// Puts messages of an identity chain into a page (R-01-033).
    ///
    /// The log may hold fewer than Identity knows of, and stops at its bound of bytes; the peer goes
    /// on behind the last message that it gets.
    init(_ messages: [[UInt8]], of chain: IdentityChain.Reply) {
        let last = messages.last.flatMap { try? EnvelopeCodec.decode($0).id }
        let place = chain.entries.lastIndex { $0.id == last }
        let entry = place.map { chain.entries[$0] } ?? chain.entries.last
        self.init(
            messages: messages,
            hasMore: place.map { chain.hasMore || $0 < chain.entries.count - 1 } ?? false,
            nextTimestamp: entry?.timestamp ?? Timestamp(milliseconds: 0),
            nextID: entry?.id
        )
    }

    /// Puts messages that were asked for by id, and the votes behind them, into a page.
    ///
    /// The peer goes on behind the last vote that it gets; before the first one when the log stopped at its
    /// bound of bytes earlier.
    init(_ messages: [[UInt8]], votes: ProposalVotes.Reply) {
        let last = messages.last.flatMap { try? EnvelopeCodec.decode($0).id }
        let place = votes.entries.lastIndex { $0.id == last }
        let entry = place.map { votes.entries[$0] }
        let isWhole = place.map { $0 == votes.entries.count - 1 } ?? votes.entries.isEmpty
        self.init(
            messages: messages,
            hasMore: !messages.isEmpty && (!isWhole || votes.hasMore),
            nextTimestamp: entry?.timestamp ?? Timestamp(milliseconds: 1),
            nextID: entry?.id
        )
    }
}
