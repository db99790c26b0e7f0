import Doors
import Messages
import Primitives

// What happens, and what waits.
extension Endpoints {
    static let eventReads: [Endpoint<APICall>] = [
        Endpoint(
            "inbox",
            .read,
            path: "/v1/inbox",
            summary: "What waits for this node's identity, the most urgent first.",
            about: inboxWords,
            Parameter<[String]>.requestTags,
            Parameter<Int64>.since,
            Parameter<Int?>.mostItems,
            Parameter<Inbox.Place?>.cursor,
            answers: .record(InboxList.self),
            tool: Tool("Inbox"),
            resource: "valence://inbox"
        ) {
            .inbox(
                Inbox(
                    tags: $0,
                    since: UInt64(clamping: $1),
                    limit: $2 ?? APILimits.briefMax,
                    bytesMax: $2 == nil ? APILimits.briefBytesMax : APILimits.answerBytesMax,
                    after: $3
                )
            )
        },
        Endpoint(
            "events",
            .read,
            path: "/v1/events",
            summary: "What happens, as it happens: server-sent events.",
            about: eventWords,
            refusals: [.init(503, "too_many_readers")],
            Parameter<UInt64?>.after,
            Parameter<[NodeEvent.Kind]>.choices("types", "Only these types; all without it."),
            Parameter<[NodeEvent.Concern]>.choices(
                "for",
                "Only what concerns this node's identity so; all without it."
            ),
            Parameter<[String]>.requestTags,
            Parameter<Bool>.boolean(
                "follow",
                "Whether to wait for more at the end of the log.",
                standard: true
            ),
            Parameter<Int?>.mostEvents,
            answers: .events([NodeEvent.schema, EventGap.schema]),
            example: .object([("follow", .bool(false)), ("limit", .integer(10))])
        ) {
            let filter = EventFilter(kinds: $1, concerns: $2, tags: $3)
            let limit = $5 ?? ($4 ? .max : APILimits.eventsMax)
            return .events(EventPage(after: $0, filter: filter, limit: limit), follows: $4)
        },
    ]

    private static let inboxWords =
        "Proposals that it may vote on and has not, by deadline; requests of others that it has not "
        + "answered; then what happened to its proposals, requests, votes, score, storage and keys behind "
        + "`since`. Without `limit` an answer has 8 KiB at most, with it 1 MiB. Titles were written by "
        + "strangers."

    private static let eventWords =
        "The id of an event is its position in this node's log, so that `Last-Event-ID`, which comes "
        + "before `after`, loses nothing over restarts of either side. Without both, one who follows "
        + "begins with what happens next, and one who does not with the newest that are held. An event "
        + "`gap` says that the log does not hold that position, or that the reader was too slow; then read "
        + "the state anew. A comment comes every 15 s; a reader with more than 1 MiB waiting is let go. "
        + "Concerns (`for`): votes, proposals that you may vote on; deadlines, those whose voting ends "
        + "within a day; proposals, what happens to yours and becomes of those that you voted on; "
        + "requests, those of others (see `tags`); answers, what happens to your requests; score, yours; "
        + "storage, what you store or had stored; identity, your keys, and messages of yours that were "
        + "refused. Titles were written by strangers."
}

extension Parameter where Value == [String] {
    fileprivate static var requestTags: Self {
        .texts("tags", "Requests only with one of these tags; all without it.", max: 20)
    }
}

extension Parameter where Value == Int64 {
    fileprivate static var since: Self {
        .integer("since", "News behind this `seen` of an answer.", Int64.positions, standard: 0)
    }
}

extension Parameter where Value == Int? {
    fileprivate static var mostItems: Self { .most("Most items; 20 without it.") }

    fileprivate static var mostEvents: Self {
        .most("Most events; without it 100, or no end for one who follows.")
    }

    private static func most(_ about: String) -> Self {
        .optional("limit", about, .integer(1...1_000)) { $0.integer.map(Int.init(clamping:)) }
    }
}

extension Parameter where Value == UInt64? {
    fileprivate static var after: Self {
        .optional("after", "The id behind which to begin.", .integer(Int64.positions)) {
            $0.integer.map(UInt64.init(clamping:))
        }
    }
}

extension Int64 {
    /// Positions of the log that JSON carries without loss (D-03).
    fileprivate static let positions: ClosedRange<Int64> = 0...9_007_199_254_740_991
}
