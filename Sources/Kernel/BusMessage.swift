/// What travels on the bus: a value that is safe to share.
///
/// Declare messages as ``Command``, ``Event`` or ``Query``. A plain `BusMessage` is the reply to a
/// query or the signal of a device.
public protocol BusMessage: Sendable {}

/// A request in the imperative, such as `RecordFact`; it goes to exactly one subsystem.
public protocol Command: BusMessage {
    /// The one subsystem that may receive it; the boot refuses any other.
    static var receiver: SubsystemName { get }
}

/// News in the past tense, such as `MessageLogged`; any number of subsystems may receive it.
public protocol Event: BusMessage {}

/// A question, named by a noun, that one subsystem answers with a ``Reply``.
///
/// Nobody waits: the reply is an ordinary envelope whose cause is the query's id.
public protocol Query: BusMessage {
    /// What comes back; it is delivered only to the asker.
    associatedtype Reply: BusMessage

    /// The one subsystem that may answer it; the boot refuses any other.
    static var answerer: SubsystemName { get }
}

/// What kind of traffic a route carries.
public enum MessageKind: String, Sendable, Hashable, CaseIterable {
    /// Imperative, one receiver.
    case command
    /// Past tense, any number of receivers.
    case event
    /// A question to one answerer.
    case query
    /// From a device to the subsystem that owns it.
    case signal
}
