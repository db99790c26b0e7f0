public import Kernel

/// What one time server said.
public struct TimeAnswer: Sendable, Equatable {
    /// The outcome of a question.
    public enum Outcome: Sendable, Equatable {
        /// How far the own clock is ahead of it, in milliseconds.
        case ahead(Int64)
        /// It wants to be asked less often.
        case tooOften
        /// It does not want to be asked by this node.
        case denied
        /// It could not be found, did not answer, or does not know the time itself.
        case unanswered(because: String)
    }

    /// The server, as the operator named it.
    public let server: String
    /// What came of it.
    public let outcome: Outcome
    /// Puts an answer together.
    public init(server: String, outcome: Outcome) {
        self.server = server
        self.outcome = outcome
    }
}

/// All servers that were asked have answered, or will not.
public struct TimeAnswered: Signal {
    /// One for each server.
    public let answers: [TimeAnswer]
    /// Reports answers.
    public init(answers: [TimeAnswer]) { self.answers = answers }
}

/// The device that asks time servers (ADR 0066).
public protocol TimeService: Sendable {
    /// The servers that the operator chose, as `host` or `host:port`.
    var servers: [String] { get }
    /// Asks each of these once, and reports all answers together; never blocks.
    func ask(_ servers: [String], reportingTo inlet: Inlet<TimeAnswered>)
}

/// Asks nobody.
struct NoTimeService: TimeService {
    var servers: [String] { [] }
    func ask(_ servers: [String], reportingTo inlet: Inlet<TimeAnswered>) {}
}
