import Synchronization

/// How a subsystem declares what it receives; lent to ``Subsystem/wire(_:)``.
public struct Wiring<S: Subsystem>: ~Copyable, Sendable {
    @usableFromInline let table: HandlerTable<S>
    private let assembly: Assembly
    private let slot: Slot

    @usableFromInline
    init(_ assembly: Assembly, _ slot: Slot) {
        self.table = HandlerTable()
        self.assembly = assembly
        self.slot = slot
    }

    /// What runs on the actor when an envelope comes.
    ///
    /// An error that it throws stops the kernel with a ``Fault``.
    public typealias Handling<M: BusMessage> =
        @Sendable (isolated S, borrowing Envelope<M>, inout Outbox) throws -> Void

    /// Declares a handler for a command that names this subsystem as its receiver.
    @inlinable
    public func receives<C: Command>(_ type: C.Type, _ handler: @escaping Handling<C>) {
        self.handle(type, .receives, handler)
    }

    /// Declares a handler for an event.
    @inlinable
    public func receives<E: Event>(_ type: E.Type, _ handler: @escaping Handling<E>) {
        self.handle(type, .receives, handler)
    }

    /// Declares a handler for the signals of an own inlet.
    @inlinable
    public func receives<D: Signal>(_ type: D.Type, _ handler: @escaping Handling<D>) {
        self.handle(type, .receives, handler)
    }

    /// Declares the handler that answers a query or performs a procedure.
    ///
    /// - Parameters:
    ///   - type: names this subsystem as its answerer.
    ///   - handler: replies through `outbox.reply(_:to:)`, or keeps the envelope's reply address
    ///     and replies in a later handler.
    @inlinable
    public func answers<Q: RoundTrip>(_ type: Q.Type, _ handler: @escaping Handling<Q>) {
        self.handle(type, .answers, handler)
    }

    /// Declares what happens when a question ends, with a reply or without one.
    ///
    /// - Parameters:
    ///   - type: what is asked through an own ``Asker``.
    ///   - context: what is handed in with it.
    ///   - handler: runs exactly once for each question, unless the kernel ends before.
    @inlinable
    public func hears<Q: RoundTrip, Context: Sendable>(
        _ type: Q.Type,
        about context: Context.Type,
        _ handler:
            @escaping @Sendable (isolated S, borrowing Answer<Q, Context>, inout Outbox) throws
            -> Void
    ) {
        self.table.set(self.declareHearing(type, about: context)) { subsystem, parcel, outbox in
            let reply = try Letter<Q.Reply>.openReply(parcel)
            guard let context = outbox.conversations.end(parcel.cause) as? Context else { return }
            try handler(subsystem, Answer(context: context, reply: reply), &outbox)
        }
    }

    /// The same for a question that needs no context.
    @inlinable
    public func hears<Q: RoundTrip>(
        _ type: Q.Type,
        _ handler: @escaping @Sendable (isolated S, Q.Reply?, inout Outbox) throws -> Void
    ) {
        self.hears(type, about: Void.self) { subsystem, answer, outbox in
            try handler(subsystem, answer.reply, &outbox)
        }
    }

    /// Declares what happens when a wake comes that was asked for with `outbox.wake(at:)`.
    public func wakes(
        _ handler: @escaping @Sendable (isolated S, inout Outbox) throws -> Void
    ) {
        self.table.setWake(handler)
    }

    @inlinable
    func handle<M: BusMessage>(
        _ type: M.Type,
        _ role: Blueprint.Role,
        _ handler: @escaping Handling<M>
    ) {
        self.table.set(self.declare(type, role)) { subsystem, parcel, outbox in
            try handler(subsystem, Letter<M>.open(parcel).envelope, &outbox)
        }
    }

    @usableFromInline
    func declare<M: BusMessage>(_ type: M.Type, _ role: Blueprint.Role) -> Int {
        self.assembly.declare(type, role, by: self.slot.id)
    }

    @usableFromInline
    func declareHearing<Q: RoundTrip, Context: Sendable>(
        _ type: Q.Type,
        about context: Context.Type
    ) -> Int {
        self.assembly.declareHearing(type, about: context, by: self.slot.id)
    }
}

/// The handlers of one subsystem by topic while it is being wired.
@usableFromInline
final class HandlerTable<S: Subsystem>: Sendable {
    private struct Table {
        var handlers: [Handler<S>?] = []
        var wake: WakeHandler<S>?
    }

    private let table = Mutex(Table())

    @usableFromInline
    init() {}

    /// A second handler of the same topic is ignored here; the boot refuses it.
    @usableFromInline
    func set(_ topic: Int, _ handler: @escaping Handler<S>) {
        self.table.withLock { table in
            while table.handlers.count <= topic { table.handlers.append(nil) }
            table.handlers[topic] = handler
        }
    }

    func setWake(_ handler: @escaping WakeHandler<S>) { self.table.withLock { $0.wake = handler } }

    @usableFromInline var handlers: [Handler<S>?] { self.table.withLock { $0.handlers } }
    @usableFromInline var wake: WakeHandler<S>? { self.table.withLock { $0.wake } }
}
