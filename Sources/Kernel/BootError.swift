/// Why the kernel refuses a topology: every mistake that was found, in a fixed order.
public struct BootError: Error, Sendable, Equatable {
    /// At least one.
    public let problems: [BootProblem]
}

extension BootError: CustomStringConvertible {
    /// All problems, one line each.
    public var description: String {
        let lines = self.problems.map { "  - \($0)" }
        return (["the topology cannot boot:"] + lines).joined(separator: "\n")
    }
}

/// One mistake in a topology.
public enum BootProblem: Sendable, Equatable {
    /// Two subsystems have one name.
    case duplicateSubsystem(SubsystemName)
    /// A subsystem declares two handlers for one type.
    case duplicateHandler(message: String, SubsystemName)
    /// More than one subsystem receives a command.
    case twoReceivers(command: String, [SubsystemName])
    /// A command is received by another subsystem than the one it names.
    case wrongReceiver(command: String, named: SubsystemName, actual: SubsystemName)
    /// A command is sent that its named receiver does not receive.
    case commandNotReceived(command: String, sender: SubsystemName, named: SubsystemName)
    /// An event is sent that nobody receives, although no subsystem is absent.
    case eventNotReceived(event: String, senders: [SubsystemName])
    /// More than one subsystem answers a query.
    case twoAnswerers(query: String, [SubsystemName])
    /// A query is answered by another subsystem than the one it names.
    case wrongAnswerer(query: String, named: SubsystemName, actual: SubsystemName)
    /// A query is asked that its named answerer does not answer.
    case queryNotAnswered(query: String, asker: SubsystemName, named: SubsystemName)
    /// Somebody asks a query but does not receive its reply.
    case replyNotReceived(query: String, reply: String, asker: SubsystemName)
    /// A subsystem owns a device but does not receive its signals.
    case signalNotReceived(signal: String, SubsystemName)
    /// A handler waits for the signal of a device or the end of a conversation that the subsystem
    /// does not have.
    case unreachableHandler(message: String, SubsystemName)
    /// Subsystems ask each other in a circle; the first is repeated at the end.
    case queryCycle([SubsystemName])
    /// The kernel was booted before.
    case alreadyBooted
}

extension BootProblem: CustomStringConvertible {
    /// Cause and next step.
    public var description: String {
        switch self {
        case .duplicateSubsystem(let name):
            "two subsystems are named \(name); rename one or plug in only one"
        case .duplicateHandler(let message, let name):
            "\(name) declares two handlers for \(message); merge them"
        case .twoReceivers(let command, let names):
            "the command \(command) is received by \(list(names)); make it an event or keep one"
        case .wrongReceiver(let command, let named, let actual):
            "the command \(command) names \(named) as its receiver, but \(actual) receives it"
        case .commandNotReceived(let command, let sender, let named):
            "\(sender) sends the command \(command), but \(named) does not receive it; "
                + "declare it in the wire(_:) of \(named), or plug \(named) in"
        case .eventNotReceived(let event, let senders):
            "\(list(senders)) sends the event \(event), but nobody receives it; "
                + "remove the emitter or declare a receiver"
        default: self.questionText
        }
    }

    private var questionText: String {
        switch self {
        case .twoAnswerers(let query, let names):
            "the query \(query) is answered by \(list(names)); keep one"
        case .wrongAnswerer(let query, let named, let actual):
            "the query \(query) names \(named) as its answerer, but \(actual) answers it"
        case .queryNotAnswered(let query, let asker, let named):
            "\(asker) asks \(query), but \(named) does not answer it; "
                + "declare it in the wire(_:) of \(named), or plug \(named) in"
        case .replyNotReceived(let query, let reply, let asker):
            "\(asker) asks \(query) but does not hear \(reply); declare hears(_:about:_:) for it"
        case .queryCycle(let names):
            "queries go in a circle: \(names.map(\.rawValue).joined(separator: " -> ")); "
                + "turn one of them into an event"
        default: self.deviceText
        }
    }

    private var deviceText: String {
        switch self {
        case .signalNotReceived(let signal, let name):
            "\(name) has an inlet for \(signal) but does not receive it; declare a handler"
        case .unreachableHandler(let message, let name):
            "\(name) has a handler for \(message), but neither an inlet for it nor a question whose "
                + "reply it is; nothing can send it: make the inlet or the asker, or remove the handler"
        default: "the kernel was booted before; make a new one"
        }
    }
}

private func list(_ names: [SubsystemName]) -> String {
    names.map(\.rawValue).joined(separator: ", ")
}
