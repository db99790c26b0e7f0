/// What travels on the bus: a value that is safe to share.
///
/// Declare messages as ``Command``, ``Event``, ``Query``, ``Procedure`` or ``Signal``. A plain
/// `BusMessage` is the reply of a query or of a procedure.
public protocol BusMessage: Sendable {}

/// A request in the imperative, such as `RecordFact`; it goes to exactly one subsystem.
public protocol Command: BusMessage {
    /// The one subsystem that may receive it; the boot refuses any other.
    static var receiver: SubsystemName { get }
}

/// News in the past tense, such as `MessageLogged`; any number of subsystems may receive it.
public protocol Event: BusMessage {}

/// What a device tells the subsystem that owns it; nobody else can receive it.
public protocol Signal: BusMessage {}

/// A message that is answered with a reply; declare it as ``Query`` or ``Procedure``.
///
/// Asking does not block: the asker's handler runs later, with the reply or without one.
public protocol RoundTrip: BusMessage {
    /// What comes back; it is delivered only to the asker.
    associatedtype Reply: BusMessage

    /// The one subsystem that may answer it; the boot refuses any other.
    static var answerer: SubsystemName { get }
}

/// A question, named by a noun; to answer it changes nothing.
public protocol Query: RoundTrip {}

/// A request in the imperative whose outcome the sender is told, such as `SignChallenge`.
public protocol Procedure: RoundTrip {}

/// What kind of traffic a route carries.
public enum MessageKind: String, Sendable, Hashable, CaseIterable {
    /// Imperative, one receiver.
    case command
    /// Past tense, any number of receivers.
    case event
    /// Imperative, one answerer, with an outcome.
    case procedure
    /// A question to one answerer.
    case query
    /// From a device to the subsystem that owns it.
    case signal
}
