/// A thin actor around a pure state machine, plugged into a ``Kernel``.
///
/// A subsystem owns no task, awaits nothing, and reads neither clock nor random source: it is called
/// with an envelope, changes its state, and says through its outbox what should happen.
///
/// ```swift
/// public actor Greeter: Subsystem {
///     public static let name: SubsystemName = "Greeter"
///     private let greeted: Emitter<Greeted>
///
///     public init(_ boot: borrowing Boot) { self.greeted = boot.emits(Greeted.self) }
///
///     public static func wire(_ wiring: borrowing Wiring<Greeter>) {
///         wiring.receives(Greet.self) { greeter, envelope, outbox in
///             outbox.send(greeter.greeted, Greeted(guest: envelope.body.guest))
///         }
///     }
/// }
/// ```
///
/// What does not compile, so that no test has to look for it:
/// - a handler of the wrong type: `receives(Greet.self) { (_, e: Envelope<Leave>, _) in … }`;
/// - an `async` handler, or an `await` in one: handlers are synchronous, so no second message can
///   slip in and mix its effects with the first one's;
/// - sending through another type's emitter: `outbox.send(greeter.greeted, Left())`;
/// - making an emitter, inlet, outbox, boot or wiring oneself: none has a public initialiser;
/// - keeping an outbox, boot or wiring beyond the call: they are not copyable and only lent;
/// - a message that is two things at once, such as a command and an event;
/// - a message that is not Sendable: ``BusMessage`` demands it;
/// - receiving a query with `receives`, or emitting one with `emits`: use `answers` and `asks`;
/// - sending a reply or a signal like a command or an event.
public protocol Subsystem: Actor {
    /// Unique in a topology.
    static var name: SubsystemName { get }

    /// Declares what the subsystem receives; called once, when it is plugged in.
    ///
    /// A type that is not declared here cannot arrive.
    static func wire(_ wiring: borrowing Wiring<Self>)
}

/// How one subsystem handles one topic, the message type erased.
@usableFromInline
typealias Handler<S: Subsystem> = @Sendable (isolated S, Parcel, inout Outbox) throws -> Void

/// How one subsystem handles its wakes.
@usableFromInline
typealias WakeHandler<S: Subsystem> = @Sendable (isolated S, inout Outbox) throws -> Void

extension Subsystem {
    /// Handles one batch of mail in one hop onto this actor.
    @inlinable
    func drain(
        _ slot: Slot,
        _ directory: Directory,
        _ handlers: [Handler<Self>?],
        _ wake: WakeHandler<Self>?
    ) {
        slot.drain(
            directory,
            wake: { outbox in
                guard let wake else { throw UndeclaredWake() }
                try wake(self, &outbox)
            },
            deliver: { parcel, outbox in try handlers[parcel.topic]?(self, parcel, &outbox) }
        )
    }
}

/// A subsystem asked for a wake but declares no handler for it.
@usableFromInline
struct UndeclaredWake: Error, CustomStringConvertible {
    @usableFromInline
    init() {}

    @usableFromInline var description: String {
        "it asked for a wake, but its wire(_:) declares no wakes handler; add one"
    }
}
