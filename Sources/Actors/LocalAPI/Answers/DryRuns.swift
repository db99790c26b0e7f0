package import Doors
package import Messages
import Primitives

// What the caller of an act is told who only asks what would come of it (ADR 0059).

/// What would come of an act.
struct DryRunReport: Record {
    let dryRun: DryRun
    /// Why it would be refused, as a problem; nil when it would not.
    let refusal: JSONValue?
    var notCountedBecause: String?
    var warning: String?

    static let about = "What would come of an act; nothing was signed, stored or sent."
    static let fields: [Field<DryRunReport>] = [
        Field("dry_run", "Always true.") { _ in true },
        .ifAny("message", "The message that would be signed, if it has a valid form.") {
            $0.dryRun.message.map { DraftedMessage(message: $0) }
        },
        Field("accepted", "Whether this node would take it, store it and send it.") {
            $0.refusal == nil
        },
        .formed("refusal", "Why it would not.", Problem.schema, isRequired: false) { $0.refusal },
        Field("counts", "Whether it would be accepted and count, as this node counts.") {
            $0.refusal == nil && $0.notCountedBecause == nil
        },
        .ifAny("not_counted_because", "Why it would be accepted and not count.") {
            $0.refusal == nil ? $0.notCountedBecause : nil
        }.inOwnWords,
        .ifAny("cost", "What it would cost, where that is known.") { $0.dryRun.cost },
        .warnings("What to know if it is done.") { $0.warning },
    ]
}

/// A message that is not signed.
struct DraftedMessage: Record {
    let message: Message

    static let about = "A message as it would be signed now."
    static let fields: [Field<DraftedMessage>] = [
        Field("type", "The type of the message.") { $0.message.typeName }.inOwnWords,
        Field("from", "The key that would sign it.") { $0.message.from },
        Field("timestamp", "The time that it would state.") { $0.message.timestamp },
        .formed("payload", "What it would say.", .map(.anything)) { $0.message.payloadValue },
        Field("bytes", "Bytes of the message with its signature.") { $0.message.canonical.count },
    ]
}

extension DraftRating.Cost: Record {
    package static let about = "What a message costs its author."
    package static let fields: [Field<DraftRating.Cost>] = [
        Field("reputation", "What the author loses at once, such as the stake of a flag.") {
            $0.reputation
        },
        Field("messages_used", "Messages of such types within 24 hours, this one included.") {
            $0.used.messages
        },
        Field("messages_max", "How many may be sent; null where only bytes are counted.") {
            $0.messagesMax
        },
        Field("bytes_used", "Bytes of such types within 24 hours, this one included.") {
            $0.used.bytes
        },
        Field("bytes_max", "How many may be sent.") { $0.bytesMax },
    ]
}
