import Identities
import Primitives

/// Who failed storage challenges of late, and what the next failure costs (D-64).
struct FailureBook: Sendable, Codable {
    /// A failure that counts.
    struct Failure: Sendable, Equatable {
        let penalty: FixedPoint
        /// The how manieth it is within seven days.
        let number: Int
    }

    private var providers: [NodeID: StorageFailures] = [:]
    /// How long days are.
    private let calendar: MarketCalendar

    init(_ calendar: MarketCalendar) { self.calendar = calendar }

    /// Notes that a provider failed.
    ///
    /// - Returns: what follows; nil when it does not count.
    mutating func failed(_ provider: NodeID, at time: Timestamp) -> Failure? {
        var failures = self.providers[provider] ?? StorageFailures(self.calendar)
        guard let penalty = failures.failed(at: time) else { return nil }
        self.providers[provider] = failures
        return Failure(penalty: penalty, number: failures.count(at: time))
    }

    /// A key begins where everybody does.
    mutating func forget(_ key: NodeID) { self.providers[key] = nil }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        guard let failures = self.providers.removeValue(forKey: old) else { return }
        self.providers[new, default: StorageFailures(self.calendar)].merge(failures)
    }
}

extension FailureBook: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("providers", self.providers)
    }
}
