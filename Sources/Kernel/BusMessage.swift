/// What travels on the bus: a value that is safe to share.
///
/// Declare messages as ``Command``, ``Event``, ``Query``, ``Procedure`` or ``Signal``. A plain
/// `BusMessage` is the reply of a query or of a procedure.
public protocol BusMessage: Sendable {
    /// What the kernel knows of the type; each of these protocols brings its own, so messages need none.
    ///
    /// A message that is two things at once does not compile, since it would have two of them.
    static var route: MessageRoute { get }
}

extension BusMessage {
    /// Of a reply: it goes back to who asked.
    public static var route: MessageRoute { .reply }
}

/// A request in the imperative, such as `RecordFact`; it goes to exactly one subsystem.
public protocol Command: BusMessage {
    /// The one subsystem that may receive it; the boot refuses any other.
    static var receiver: SubsystemName { get }
}

extension Command {
    /// Of a command: it goes to the subsystem that it names.
    public static var route: MessageRoute { .command(to: Self.receiver) }
}

/// News in the past tense, such as `MessageLogged`; any number of subsystems may receive it.
public protocol Event: BusMessage {}

extension Event {
    /// Of an event: it goes to all who receive it.
    public static var route: MessageRoute { .event }
}

/// What a device tells the subsystem that owns it; nobody else can receive it.
public protocol Signal: BusMessage {}

extension Signal {
    /// Of a signal: it goes to the owner of the device.
    public static var route: MessageRoute { .signal }
}

/// A message that is answered with a reply; declare it as ``Query`` or ``Procedure``.
///
/// Asking does not block: the asker's handler runs later, with the reply or without one.
public protocol RoundTrip: BusMessage {
    /// What comes back; it is delivered only to the asker.
    associatedtype Reply: BusMessage

    /// The one subsystem that may answer it; the boot refuses any other.
    static var answerer: SubsystemName { get }
}

extension RoundTrip {
    /// Of a message that is neither a query nor a procedure: it is treated as a query.
    public static var route: MessageRoute { .query(to: Self.answerer) }
}

/// A question, named by a noun; to answer it changes nothing.
public protocol Query: RoundTrip {}

extension Query {
    /// Of a query: it goes to the subsystem that answers it.
    public static var route: MessageRoute { .query(to: Self.answerer) }
}

/// A request in the imperative whose outcome the sender is told, such as `SignChallenge`.
public protocol Procedure: RoundTrip {}

extension Procedure {
    /// Of a procedure: it goes to the subsystem that performs it.
    public static var route: MessageRoute { .procedure(to: Self.answerer) }
}

/// Where messages of a type go.
public enum MessageRoute: Sendable, Equatable {
    /// To the one subsystem that is named.
    case command(to: SubsystemName)
    /// To all who receive it.
    case event
    /// To the one subsystem that performs it.
    case procedure(to: SubsystemName)
    /// To the one subsystem that answers it.
    case query(to: SubsystemName)
    /// Back to who asked.
    case reply
    /// From a device to the subsystem that owns it.
    case signal
}

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

extension MessageRoute {
    /// Nil for replies, which take the way of their question.
    var kind: MessageKind? {
        switch self {
        case .command: .command
        case .event: .event
        case .procedure: .procedure
        case .query: .query
        case .reply: nil
        case .signal: .signal
        }
    }
}
