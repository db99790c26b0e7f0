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

    /// Declares that the subsystem sends a command or an event, and gives it the right to.
    public func emits<M: BusMessage>(_ type: M.Type) -> Emitter<M> {
        Emitter(self.assembly.line(for: type, .emits, by: self.slot))
    }

    /// Queries are asked with ``asks(_:)``.
    @available(*, unavailable, message: "declare a query with asks(_:)")
    public func emits<Q: Query>(_ type: Q.Type) -> Emitter<Q> {
        Emitter(self.assembly.line(for: type, .emits, by: self.slot))
    }

    /// Declares that the subsystem asks a query, and gives it the right to.
    ///
    /// The subsystem must also receive `Q.Reply`.
    public func asks<Q: Query>(_ type: Q.Type) -> Emitter<Q> {
        Emitter(self.assembly.queryLine(for: type, by: self.slot))
    }

    /// Makes a way in for a device of this subsystem, which must also receive `M`.
    public func inlet<M: BusMessage>(_ type: M.Type) -> Inlet<M> {
        Inlet(self.slot, topic: self.assembly.declare(type, .inlet, by: self.slot.id))
    }
}
