/// What a subsystem gets when it is plugged in: the right to send and to own devices.
///
/// It is lent to the initialiser and cannot be kept.
public struct Boot: ~Copyable, Sendable {
    private let assembly: Assembly
    private let slot: Slot

    @usableFromInline
    init(_ assembly: Assembly, _ slot: Slot) {
        self.assembly = assembly
        self.slot = slot
    }

    /// The name under which the subsystem is plugged in.
    public var name: SubsystemName { self.slot.name }

    /// Declares that the subsystem sends a command, and gives it the right to.
    public func emits<C: Command>(_ type: C.Type) -> Emitter<C> {
        Emitter(self.assembly.line(for: type, .emits, by: self.slot))
    }

    /// Declares that the subsystem emits an event, and gives it the right to.
    public func emits<E: Event>(_ type: E.Type) -> Emitter<E> {
        Emitter(self.assembly.line(for: type, .emits, by: self.slot))
    }

    /// Declares that the subsystem asks a query or calls a procedure, and gives it the right to.
    ///
    /// The subsystem must also handle the outcome, with ``Wiring/hears(_:about:_:)``.
    ///
    /// - Parameters:
    ///   - type: what is asked.
    ///   - context: what is handed in with each question and handed back with its end.
    /// - Returns: the right to ask, bound to this subsystem.
    public func asks<Q: RoundTrip, Context: Sendable>(
        _ type: Q.Type,
        about context: Context.Type
    ) -> Asker<Q, Context> {
        Asker(self.assembly.askingLine(for: type, about: context, by: self.slot))
    }

    /// The same for a question that needs no context.
    public func asks<Q: RoundTrip>(_ type: Q.Type) -> Asker<Q, Void> {
        self.asks(type, about: Void.self)
    }

    /// Makes an inlet for a device of this subsystem, which must also receive `M`.
    public func inlet<M: Signal>(_ type: M.Type) -> Inlet<M> {
        Inlet(self.slot, topic: self.assembly.declare(type, .inlet, by: self.slot.id))
    }
}
