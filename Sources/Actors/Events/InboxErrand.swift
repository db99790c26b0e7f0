import Kernel
import Messages

/// A question about the inbox on its way from one part to the next.
struct InboxErrand: Sendable {
    let query: Inbox
    let asker: ReplyAddress<Inbox>
    private(set) var items: [Inbox.Item] = []
    private(set) var objection: String?
    private(set) var missing: [String] = []

    init(_ query: Inbox, _ asker: ReplyAddress<Inbox>) {
        self.query = query
        self.asker = asker
    }

    /// One item more than is shown tells whether there are more.
    var room: Int { max(0, self.query.limit + 1 - self.items.count) }

    /// Takes what Consensus told of votes; nil when it told nothing.
    mutating func take(_ reply: WaitingVotes.Reply?) {
        guard let reply else { return self.miss("votes") }
        self.items += reply.entries.map { .vote($0) }
        self.objection = reply.objection
    }

    /// Takes what Consensus told of requests; nil when it told nothing.
    mutating func take(_ reply: Requests.Reply?) {
        guard let reply else { return self.miss("requests") }
        self.items += reply.requests.map { .request($0) }
    }

    /// Takes what happened to what is this node's.
    mutating func take(_ news: [NodeEvent]) { self.items += news.map { .news($0) } }

    /// A part cannot be told.
    mutating func miss(_ part: String) { self.missing.append(part) }

    /// The answer, once all parts are there or there is no more room.
    func reply(seen: UInt64) -> Inbox.Reply {
        Inbox.Reply(
            items: Array(self.items.prefix(self.query.limit)),
            hasMore: self.items.count > self.query.limit,
            seen: seen,
            objection: self.objection,
            missing: self.missing,
            bytesMax: self.query.bytesMax
        )
    }
}
