package import Doors
package import Messages
import Primitives

// What happened. All texts are strangers'.

extension NodeEvent.Kind: Shown {}
extension NodeEvent.Concern: Shown {}

extension NodeEvent: Record {
    package static let about = "Something that happened, as this node sees it."
    package static let fields: [Field<NodeEvent>] = [
        Field("sequence", "Its position in the log of this node, which is its id.") { $0.sequence },
        Field("at", "When this node wrote it down.") { $0.at },
        Field("type", "What happened.") { $0.kind },
        Field("concerns", "How it concerns this node's identity; empty when it does not.") {
            $0.concerns
        },
        .ifAny("message", "The message that says so; none for what this node found out.") {
            $0.message
        },
        .ifAny("author", "The identity that did it.") { $0.author },
        .ifAny("subject", "The proposal or the request that it is about.") { $0.subject },
        .ifAny("content_hash", "The artefact that it is about.") { $0.content },
        .ifAny("key", "The key or the identity that it is about.") { $0.key },
        .ifAny("title", "Its title, cut to a line.") { $0.title },
        .ifAny("tags", "The tags of a request, a proposal or an artefact.") {
            $0.tags.isEmpty ? nil : $0.tags
        },
        .ifAny("deadline", "When voting ends, or a request does.") { $0.deadline },
        .ifAny("outcome", "How it went, in a word, such as the stance of a vote.") { $0.outcome },
        .ifAny("amount", "What a vote would weigh, what the score is, or what is paid.") {
            $0.amount
        },
    ]
}

extension EventPage.Reply: Record {
    package static let about = "Events, in the order of the log."
    package static let fields: [Field<EventPage.Reply>] = [
        Field("events", "The events.") { $0.events },
        Field("next", "All wanted events up to here were told.") { $0.next },
        Field("has_more", "Whether the log goes on behind `next`.") { $0.hasMore },
        Field("gap", "Whether the log does not hold the position that was asked for.") { $0.isGap },
    ]
}

/// Something is missing in a stream of events.
package struct EventGap: Record {
    /// Why it is missing.
    package enum Reason: String, Shown, CaseIterable {
        /// The log does not hold the position that was asked for.
        case position
        /// The reader did not take what waited for it.
        case slow
    }

    private let reason: Reason
    /// Says why.
    package init(_ reason: Reason) { self.reason = reason }

    package static let about = "Something is missing here; read the state anew."
    package static let fields: [Field<EventGap>] = [
        Field("reason", "The log has no such position, or the reader was too slow.") { $0.reason }
    ]
}
