import Synchronization

/// Where the envelopes of one emitter go.
@usableFromInline
final class Line: Sendable {
    /// The seat of the only sender.
    @usableFromInline let owner: Slot
    @usableFromInline let topic: Int
    /// The topic of the reply, for queries and procedures.
    @usableFromInline let replyTopic: Int
    /// Index of the receivers in the ``Directory``.
    @usableFromInline let target: Int
    private let connected = Atomic(false)

    init(owner: Slot, topic: Int, replyTopic: Int, target: Int) {
        self.owner = owner
        self.topic = topic
        self.replyTopic = replyTopic
        self.target = target
    }

    /// Notes, at the end of the boot, that somebody receives what is sent.
    func connect() { self.connected.store(true, ordering: .releasing) }

    @usableFromInline var isConnected: Bool { self.connected.load(ordering: .acquiring) }
}

/// The right to send `M`, got from ``Boot`` and bound to the subsystem that asked for it.
///
/// Nobody can make one, so what a subsystem may send is known at boot.
public final class Emitter<M: BusMessage>: Sendable {
    @usableFromInline let line: Line

    init(_ line: Line) { self.line = line }

    /// Whether anybody receives what is sent; false before the boot and if the receiver is absent.
    ///
    /// Sending through an unconnected emitter has no effect.
    public var isConnected: Bool { self.line.isConnected }
}

/// The right to ask `Q` and to handle its outcome with a `Context`, got from ``Boot``.
public final class Asker<Q: RoundTrip, Context: Sendable>: Sendable {
    @usableFromInline let line: Line

    init(_ line: Line) { self.line = line }

    /// Whether anybody answers; false before the boot and if the answerer is absent.
    public var isConnected: Bool { self.line.isConnected }
}

/// A device's way into the subsystem that owns it; usable from any thread.
///
/// A device is an object outside the kernel: a socket, a file, a pool of workers.
public final class Inlet<M: Signal>: Sendable {
    private let slot: Slot
    private let topic: Int

    init(_ slot: Slot, topic: Int) {
        self.slot = slot
        self.topic = topic
    }

    /// Whether the kernel is booted and has not stopped; a stopped kernel never takes mail again.
    public var isOpen: Bool { self.slot.isOpen }

    /// Delivers `message` to the owner, unless three quarters of its mailbox are taken.
    ///
    /// - Returns: false if the message was not taken: the mailbox is full, or the kernel is not
    ///   booted or has stopped. The device then waits, drops, or stops reading; it never pushes
    ///   other mail out, whatever the overflow policy.
    @discardableResult
    public func put(_ message: M) -> Bool { self.slot.acceptFromDevice(self.letter(message)) }

    /// Delivers `message` as soon as the mailbox has room, and blocks the calling thread until then.
    ///
    /// It is for threads of a device's own; a worker of the kernel would wait for itself.
    ///
    /// - Returns: false if the kernel is not booted or stops before there is room.
    public func putWaiting(_ message: M) -> Bool {
        self.slot.acceptFromWaitingDevice(self.letter(message))
    }

    private func letter(_ message: M) -> Letter<M> {
        Letter(
            topic: self.topic,
            id: self.slot.nextDeviceID(),
            cause: nil,
            sender: self.slot.id,
            sentAt: self.slot.core.clock.now,
            body: message
        )
    }
}
