/// A message with its origin: who sent it, when, and what led to it.
public struct Envelope<Body: BusMessage>: Sendable {
    /// Unique in this kernel.
    public let id: EnvelopeID
    /// The envelope that was being handled when this one was sent; for a reply, the query.
    ///
    /// It is nil for the signals of devices and for what a wake handler sends.
    public let cause: EnvelopeID?
    /// Who sent it; for a device's signal, the owner of the device.
    public let sender: SubsystemID
    /// The sender's `now`; never later than the `now` its receiver sees.
    public let sentAt: Moment
    /// The message.
    public let body: Body

    /// Index of the reply's handler in the asker's table; meaningless unless the body is a query or
    /// procedure.
    @usableFromInline let replyTopic: Int

    @inlinable
    init(
        id: EnvelopeID,
        cause: EnvelopeID?,
        sender: SubsystemID,
        sentAt: Moment,
        replyTopic: Int,
        body: consuming Body
    ) {
        self.id = id
        self.cause = cause
        self.sender = sender
        self.sentAt = sentAt
        self.replyTopic = replyTopic
        self.body = body
    }
}

/// The right to answer one query or procedure, now or in a later handler; answer once.
public struct ReplyAddress<Q: RoundTrip>: Sendable, Hashable {
    /// Who asked.
    public let asker: SubsystemID
    /// The query's envelope; it becomes the reply's cause.
    public let question: EnvelopeID

    @usableFromInline let topic: Int

    @inlinable
    init(asker: SubsystemID, question: EnvelopeID, topic: Int) {
        self.asker = asker
        self.question = question
        self.topic = topic
    }
}

extension Envelope where Body: RoundTrip {
    /// Where the answer goes.
    @inlinable
    public var replyAddress: ReplyAddress<Body> {
        ReplyAddress(asker: self.sender, question: self.id, topic: self.replyTopic)
    }
}

/// An envelope without its body, as traces, cause chains and the journal show it.
public struct EnvelopeHeader: Sendable, Hashable {
    /// Unique in its kernel.
    public let id: EnvelopeID
    /// The envelope that led to this one.
    public let cause: EnvelopeID?
    /// Who sent it.
    public let sender: SubsystemName
    /// Who it was delivered to.
    public let receiver: SubsystemName
    /// The message type, without its module.
    public let message: String
    /// The sender's `now`.
    public let sentAt: Moment

    /// Describes an envelope.
    public init(
        id: EnvelopeID,
        cause: EnvelopeID?,
        sender: SubsystemName,
        receiver: SubsystemName,
        message: String,
        sentAt: Moment
    ) {
        self.id = id
        self.cause = cause
        self.sender = sender
        self.receiver = receiver
        self.message = message
        self.sentAt = sentAt
    }
}

/// What the journal hook gets for each delivered envelope.
public typealias EnvelopeRecord = EnvelopeHeader

extension EnvelopeHeader: CustomStringConvertible {
    /// One line, as in `1-4 Judge: Verification -> Consensus, because of 0-9`.
    public var description: String {
        let reason = self.cause.map { ", because of \($0)" } ?? ""
        return "\(self.id) \(self.message): \(self.sender) -> \(self.receiver)\(reason)"
    }
}
