import HeapModule

/// The questions of one subsystem that are still open.
///
/// Only the batch that is being handled touches it, so it needs no lock.
@usableFromInline
struct Conversations: Sendable {
    /// One question that is open.
    private struct Open: Sendable {
        /// The topic of the reply in the asker's table of handlers.
        let topic: Int
        let deadline: Moment
        let context: any Sendable
    }

    /// When a question is given up; it may have been answered meanwhile.
    private struct Due: Comparable, Sendable {
        let deadline: Moment
        let question: EnvelopeID

        static func < (left: Due, right: Due) -> Bool {
            (left.deadline, left.question.rawValue) < (right.deadline, right.question.rawValue)
        }
    }

    /// Read by key alone; its order never shows.
    private var open: [EnvelopeID: Open] = [:]
    private var deadlines = Heap<Due>()

    init() {}

    /// Deadlines that are kept, those of answered questions included.
    var deadlineCount: Int { self.deadlines.count }

    mutating func begin(
        _ question: EnvelopeID,
        topic: Int,
        context: any Sendable,
        until deadline: Moment
    ) {
        self.open[question] = Open(topic: topic, deadline: deadline, context: context)
        self.deadlines.insert(Due(deadline: deadline, question: question))
    }

    /// Ends a conversation and returns its context; nil when it is over already.
    @usableFromInline
    mutating func end(_ question: EnvelopeID?) -> (any Sendable)? {
        guard let question, let ended = self.open.removeValue(forKey: question) else { return nil }
        self.forgetAnswered()
        return ended.context
    }

    /// Answered questions leave their deadlines behind; most of them go when they are the majority.
    ///
    /// Without it a busy asker with a long deadline would keep one for every question until then.
    private mutating func forgetAnswered() {
        guard self.deadlines.count > 2 * self.open.count + KernelLimits.staleDeadlinesMax else {
            return
        }
        // The order of the table does not show: deadlines are taken by their own order.
        self.deadlines = Heap(self.open.map { Due(deadline: $0.value.deadline, question: $0.key) })
    }

    /// The earliest deadline of a question that is still open.
    mutating func earliestDeadline() -> Moment? {
        while let first = self.deadlines.min {
            if self.open[first.question] != nil { return first.deadline }
            self.deadlines.removeMin()
        }
        return nil
    }

    /// The questions whose time is up, earliest deadline first, with the topics of their replies.
    ///
    /// They stay open until ``end(_:)``.
    mutating func takeDue(_ now: Moment) -> [(question: EnvelopeID, topic: Int)] {
        var due: [(question: EnvelopeID, topic: Int)] = []
        while let first = self.deadlines.min, first.deadline <= now {
            self.deadlines.removeMin()
            guard let open = self.open[first.question] else { continue }
            due.append((first.question, open.topic))
        }
        return due
    }
}

/// How a conversation ended: what was asked for, and the reply, if one came.
public struct Answer<Q: RoundTrip, Context: Sendable>: Sendable {
    /// What the asker handed in with the question.
    public let context: Context
    /// Nil when none came before the deadline, or when nobody is plugged in who could answer.
    public let reply: Q.Reply?

    @usableFromInline
    init(context: Context, reply: Q.Reply?) {
        self.context = context
        self.reply = reply
    }
}

/// Stands for the reply that did not come; the kernel sends it to the asker.
@usableFromInline
struct NoReply: BusMessage {
    @usableFromInline
    init() {}
}
