import OrderedCollections
import Primitives

/// How far the round of decisions is: Reputation is asked about what is due, then what is decided goes
/// to the log.
///
/// There is one round at a time. The next one begins when the log has all of it.
struct DecisionRound: Sendable, Codable {
    private enum Stage: Sendable, Codable {
        /// Nothing is under way; the next round begins at this time or later.
        case open(from: Timestamp)
        /// Reputation is being asked.
        case asking
        /// These are on their way to the log.
        case logging(OrderedSet<MessageID>)
    }

    private var stage = Stage.open(from: Timestamp.distantPast)

    /// From when on a round may begin; nil while one is under way.
    var opensAt: Timestamp? { if case .open(let moment) = self.stage { moment } else { nil } }

    /// A round begins: Reputation is asked.
    mutating func begin() { self.stage = .asking }

    /// The round comes to nothing; what was due still is.
    ///
    /// - Parameter moment: when it is tried again; by default as soon as somebody looks.
    mutating func abandon(until moment: Timestamp = .distantPast) {
        self.stage = .open(from: moment)
    }

    /// These were decided.
    mutating func decided(_ proposals: [MessageID]) {
        if proposals.isEmpty {
            self.abandon()
        } else {
            self.stage = .logging(OrderedSet(proposals))
        }
    }

    /// A decision is in the log.
    mutating func logged(_ proposal: MessageID) {
        guard case .logging(var rest) = self.stage else { return }
        rest.remove(proposal)
        self.decided(Array(rest))
    }
}
