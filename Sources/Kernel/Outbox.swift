/// Everything a handler may do beyond changing its own state: read the time, send, reply, ask for a
/// wake, draw random bits.
///
/// What is sent leaves when the handler has returned; a handler that throws sends nothing. An outbox
/// cannot be copied or kept, so nothing can be sent outside a handler.
public struct Outbox: ~Copyable {
    /// The only clock a handler may read.
    ///
    /// It is read once a batch, never goes backwards for a subsystem, and is never before the
    /// `sentAt` of the envelope that is being handled. It never leaps either: when the machine's
    /// clock jumps, the kernel ends with ``KernelExit/clockJumped(by:)`` instead.
    public internal(set) var now: Moment
    /// The envelope that is being handled; nil in a wake handler.
    public internal(set) var cause: EnvelopeID?

    @usableFromInline let slot: Slot
    @usableFromInline var nextID: EnvelopeID
    let directory: Directory
    var staged: [Staged]
    var wakeAt: Moment?
    @usableFromInline var conversations: Conversations

    /// A parcel and the index of those who receive it in the ``Directory``.
    struct Staged {
        /// Nil once its last receiver has taken it.
        var parcel: Parcel?
        let target: Int
    }

    init(of slot: Slot, _ directory: Directory, now: Moment) {
        self.slot = slot
        self.directory = directory
        self.now = now
        self.nextID = EnvelopeID(rawValue: 0)
        self.staged = []
        self.conversations = Conversations()
    }

    /// Goes on where the batch before ended, and takes the memory of its state over.
    mutating func begin(_ state: inout BatchState) {
        self.nextID = state.nextID
        self.wakeAt = state.wakeAt
        self.now = max(self.now, state.now)
        swap(&self.staged, &state.staged)
        swap(&self.conversations, &state.conversations)
    }

    /// Sends a command to its receiver, or an event to all who receive it.
    ///
    /// - Parameters:
    ///   - emitter: one of this subsystem's own.
    ///   - message: what to send; dropped if the emitter is not connected.
    @inlinable
    public mutating func send<M: BusMessage>(_ emitter: Emitter<M>, _ message: consuming M) {
        let line = emitter.line
        precondition(line.owner === self.slot, "an emitter belongs to who got it at boot")
        guard line.isConnected else { return }
        let letter = Letter(
            topic: line.topic,
            id: self.takeID(),
            cause: self.cause,
            sender: self.slot.id,
            sentAt: self.now,
            body: message
        )
        self.stage(letter, to: line.target)
    }

    /// Asks a question, or calls a procedure; how that ends is heard exactly once.
    ///
    /// - Parameters:
    ///   - asker: one of this subsystem's own.
    ///   - question: what to ask.
    ///   - context: what the handler needs to go on; it is handed back with the end.
    ///   - deadline: how long to wait; then the handler runs without a reply, and a later one is
    ///     dropped. When nobody who could answer is plugged in, it runs at once.
    public mutating func ask<Q: RoundTrip, Context: Sendable>(
        _ asker: Asker<Q, Context>,
        _ question: consuming Q,
        context: Context,
        deadline: Duration = .answering
    ) {
        let line = asker.line
        precondition(line.owner === self.slot, "an asker belongs to who got it at boot")
        let id = self.takeID()
        let isAnswerable = line.isConnected
        self.conversations.begin(
            id,
            topic: line.replyTopic,
            context: context,
            until: isAnswerable ? self.now.advanced(by: deadline) : self.now
        )
        guard isAnswerable else { return }
        let letter = Letter(
            topic: line.topic,
            replyTopic: line.replyTopic,
            id: id,
            cause: self.cause,
            sender: self.slot.id,
            sentAt: self.now,
            body: question
        )
        self.stage(letter, to: line.target)
    }

    /// The same for a question that needs no context.
    public mutating func ask<Q: RoundTrip>(
        _ asker: Asker<Q, Void>,
        _ question: consuming Q,
        deadline: Duration = .answering
    ) {
        self.ask(asker, question, context: (), deadline: deadline)
    }

    /// Answers a question, at once or long after it came; only the asker gets the reply.
    @inlinable
    public mutating func reply<Q: RoundTrip>(
        _ reply: consuming Q.Reply,
        to address: ReplyAddress<Q>
    ) {
        let letter = Letter(
            topic: address.topic,
            id: self.takeID(),
            cause: address.question,
            sender: self.slot.id,
            sentAt: self.now,
            body: reply
        )
        self.stage(letter, toAsker: address.asker)
    }

    /// Asks that this subsystem's wake handler run at `moment`, or soon after.
    ///
    /// One wake is pending at most: the earliest asked for. When it comes it is forgotten.
    public mutating func wake(at moment: Moment) {
        self.wakeAt = min(self.wakeAt ?? moment, moment)
    }

    /// Returns `count` random bytes; reproducible in the simulator.
    public mutating func randomBytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            withUnsafeBytes(of: self.random().littleEndian) { word in
                bytes.append(contentsOf: word.prefix(count - bytes.count))
            }
        }
        return bytes
    }

    /// Returns 64 random bits; reproducible in the simulator.
    public mutating func random() -> UInt64 { self.slot.core.entropy.next() }
}

// MARK: What the kernel does with it

extension Outbox {
    @inlinable
    mutating func takeID() -> EnvelopeID {
        let id = self.nextID
        self.nextID = EnvelopeID(rawValue: id.rawValue &+ 1)
        return id
    }

    @usableFromInline
    mutating func stage(_ parcel: consuming Parcel, to target: Int) {
        self.staged.append(Staged(parcel: parcel, target: target))
    }

    @usableFromInline
    mutating func stage(_ parcel: consuming Parcel, toAsker asker: SubsystemID) {
        guard let target = self.directory.target(of: asker) else { return }
        self.stage(parcel, to: target)
    }

    /// The parcels that tell this subsystem of questions that nobody answered in time.
    mutating func overdue() -> [Parcel] {
        self.conversations.takeDue(self.now).map { question, topic in
            Letter(
                topic: topic,
                id: self.takeID(),
                cause: question,
                sender: self.slot.id,
                sentAt: self.now,
                body: NoReply()
            )
        }
    }

    /// Turns to the next envelope.
    mutating func begin(_ parcel: Parcel) {
        self.cause = parcel.id
        if self.now < parcel.sentAt { self.now = parcel.sentAt }
    }

    /// Delivers what is staged, in order, with one lock for each run to the same receiver.
    mutating func flush(isBatchOver: Bool) {
        var start = self.staged.startIndex
        while start < self.staged.endIndex {
            let target = self.staged[start].target
            var end = start + 1
            while end < self.staged.endIndex, self.staged[end].target == target { end += 1 }
            self.deliver(start..<end, to: target, isBatchOver: isBatchOver)
            start = end
        }
        self.staged.removeAll(keepingCapacity: true)
    }

    private mutating func deliver(_ run: Range<Int>, to target: Int, isBatchOver: Bool) {
        let receivers = self.directory.targets[target]
        for index in receivers.indices {
            let receiver = receivers[index]
            let isLast = index + 1 == receivers.endIndex
            let surplus =
                receiver.accept(&self.staged, run, isLast: isLast, isUrgent: !isBatchOver)
            if let surplus {
                let fault = Fault(overflowOf: receiver, by: surplus, self.directory)
                self.slot.core.stop(because: .faulted(fault))
            }
        }
    }
}

extension Duration {
    /// How long a question waits for its reply unless the asker says otherwise.
    ///
    /// Source: own choice: subsystems answer within milliseconds, and within seconds when the disk is
    /// slow; the asker must not wait for ever for one that was dropped.
    public static var answering: Duration { .seconds(30) }
}
