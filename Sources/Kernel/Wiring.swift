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

    /// Declares a handler for commands, events, replies to own queries, or signals of own inlets.
    ///
    /// - Parameters:
    ///   - type: the message type; a type may be declared once.
    ///   - handler: runs on the actor; an error it throws stops the kernel with a ``Fault``.
    @inlinable
    public func receives<M: BusMessage>(
        _ type: M.Type,
        _ handler:
            @escaping @Sendable (isolated S, borrowing Envelope<M>, inout Outbox) throws -> Void
    ) {
        self.table.set(self.declare(type)) { subsystem, parcel, outbox in
            try handler(subsystem, Letter<M>.open(parcel).envelope, &outbox)
        }
    }

    /// Queries are declared with ``answers(_:_:)``.
    @available(*, unavailable, message: "declare a query with answers(_:_:)")
    public func receives<Q: Query>(
        _ type: Q.Type,
        _ handler:
            @escaping @Sendable (isolated S, borrowing Envelope<Q>, inout Outbox) throws -> Void
    ) {}

    /// Declares the handler that answers a query.
    ///
    /// - Parameters:
    ///   - type: a query that names this subsystem as its answerer.
    ///   - handler: replies through `outbox.reply(_:to:)`, or keeps the envelope's reply address
    ///     and replies in a later handler.
    @inlinable
    public func answers<Q: Query>(
        _ type: Q.Type,
        _ handler:
            @escaping @Sendable (isolated S, borrowing Envelope<Q>, inout Outbox) throws -> Void
    ) {
        self.table.set(self.declareAnswer(type)) { subsystem, parcel, outbox in
            try handler(subsystem, Letter<Q>.open(parcel).envelope, &outbox)
        }
    }

    /// Declares what happens when a wake comes that was asked for with `outbox.wake(at:)`.
    public func wakes(
        _ handler: @escaping @Sendable (isolated S, inout Outbox) throws -> Void
    ) {
        self.table.setWake(handler)
    }

    @usableFromInline
    func declare<M: BusMessage>(_ type: M.Type) -> Int {
        self.assembly.declare(type, .receives, by: self.slot.id)
    }

    @usableFromInline
    func declareAnswer<Q: Query>(_ type: Q.Type) -> Int {
        self.assembly.declare(type, .answers, by: self.slot.id)
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
