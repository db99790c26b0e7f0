/// An envelope on its way, its type erased: what mailboxes hold.
///
/// One parcel is shared by all receivers of an event. The body sits in the only subclass,
/// ``Letter``; no method is overridden, since overrides in generic classes run unspecialised.
/// Sendable is unchecked only because the class has a subclass: both hold nothing but constants.
@usableFromInline
class Parcel: @unchecked Sendable {
    /// Index of the message type in the receivers' tables of handlers.
    @usableFromInline final let topic: Int
    /// For a query or procedure, the topic of its reply.
    @usableFromInline final let replyTopic: Int
    @usableFromInline final let id: EnvelopeID
    @usableFromInline final let cause: EnvelopeID?
    @usableFromInline final let sender: SubsystemID
    @usableFromInline final let sentAt: Moment

    @inlinable
    init(
        topic: Int,
        replyTopic: Int,
        id: EnvelopeID,
        cause: EnvelopeID?,
        sender: SubsystemID,
        sentAt: Moment
    ) {
        self.topic = topic
        self.replyTopic = replyTopic
        self.id = id
        self.cause = cause
        self.sender = sender
        self.sentAt = sentAt
    }
}

/// A parcel with its body.
///
/// It holds the body and not the envelope: destroying a generic field of a generic class looks the
/// field's type up at run time, which costs as much as the rest of a hop.
@usableFromInline
final class Letter<Body: BusMessage>: Parcel, @unchecked Sendable {
    @usableFromInline let body: Body

    @inlinable
    init(
        topic: Int,
        replyTopic: Int = 0,
        id: EnvelopeID,
        cause: EnvelopeID?,
        sender: SubsystemID,
        sentAt: Moment,
        body: consuming Body
    ) {
        self.body = body
        super.init(
            topic: topic,
            replyTopic: replyTopic,
            id: id,
            cause: cause,
            sender: sender,
            sentAt: sentAt
        )
    }

    /// What the handler sees.
    @inlinable var envelope: Envelope<Body> {
        Envelope(
            id: self.id,
            cause: self.cause,
            sender: self.sender,
            sentAt: self.sentAt,
            replyTopic: self.replyTopic,
            body: self.body
        )
    }

    /// The letter in a parcel that has arrived.
    ///
    /// The topic tells the type, so the check can only fail if a reply address of one kernel was
    /// used in another; then the mistake must not become a wild read.
    @inlinable
    static func open(_ parcel: Parcel) throws -> Letter<Body> {
        guard type(of: parcel) == Letter<Body>.self else { throw ForeignReplyAddress() }
        return unsafeDowncast(parcel, to: Letter<Body>.self)
    }

    /// The reply in a parcel that has arrived; nil when the kernel says that none came.
    @inlinable
    static func openReply(_ parcel: Parcel) throws -> Body? {
        type(of: parcel) == Letter<NoReply>.self ? nil : try Self.open(parcel).body
    }
}

/// A reply was sent to an address that another kernel gave out.
@usableFromInline
struct ForeignReplyAddress: Error, CustomStringConvertible {
    @usableFromInline
    init() {}

    @usableFromInline var description: String {
        "a reply came to the address of another kernel; forget addresses when a kernel ends"
    }
}
