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

    /// Serves messages, once they were read.
    func serve(_ request: SyncRequest, on exchange: InboundExchange) -> SyncAction {
        if !request.ids.isEmpty {
            let ids = Array(request.ids.prefix(SyncLimits.idsPerRequestMax))
            return .ask(.messages(MessagesByID(ids: ids), Reading(exchange: exchange)))
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
        return .ask(.page(page, Reading(exchange: exchange)))
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

    /// Answers without messages: nothing matches the request, or the peer wants the logs compared.
    static func serveNothing(
        _ request: SyncRequest,
        on exchange: InboundExchange,
        differences: [SyncDifference]? = nil
    ) -> SyncAction {
        let nothing = MessagesAfter.Reply(
            messages: [],
            hasMore: false,
            nextTimestamp: request.sinceTimestamp,
            nextID: request.sinceID
        )
        let reading = Reading(exchange: exchange, differences: differences)
        return .ask(.proposalRoot(ReadPage(reading: reading, messages: nothing)))
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

    /// A page is there, and the root of the proposals is still missing; without a page the peer asks again.
    static func read(_ page: MessagesAfter.Reply?, for reading: Reading) -> SyncAction {
        guard let page else { return .hangUp(reading.exchange) }
        return .ask(.proposalRoot(ReadPage(reading: reading, messages: page)))
    }

    // MARK: Answers

    /// Answers with a page, within what the peer may have, and with the bans that this node knows.
    mutating func answer(
        _ page: ReadPage,
        checkpoint: Bytes32,
        bans: [MessageID],
        now: Timestamp
    ) -> [SyncAction] {
        let exchange = page.reading.exchange
        let answer = AnswerPage(
            page.messages,
            differences: page.reading.differences,
            checkpoint: checkpoint,
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
        let messages = answer.page.messages.count
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
}
