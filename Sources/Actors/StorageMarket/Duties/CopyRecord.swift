import Messages
import OrderedCollections
import Primitives

/// A copy of an artefact with a provider.
struct Copy: Hashable, Comparable, Sendable, Codable {
    let content: ContentHash
    let provider: NodeID

    static func < (left: Self, right: Self) -> Bool {
        (left.content, left.provider) < (right.content, right.provider)
    }
}

/// What own challenges of one copy showed.
struct CopyRecord: Sendable, Equatable, Codable {
    /// When the newest result was stamped.
    private(set) var lastAt: Timestamp
    /// The newest result.
    private(set) var last: ChallengeResult.Outcome
    /// Failures since the last pass.
    private(set) var failures = 0

    /// Begins with a first result.
    init(_ outcome: ChallengeResult.Outcome, at time: Timestamp) {
        self.lastAt = time
        self.last = outcome
        self.failures = outcome == .fail ? 1 : 0
    }

    /// Takes the next result in; one that is older than the newest changes nothing.
    mutating func add(_ outcome: ChallengeResult.Outcome, at time: Timestamp) {
        guard time > self.lastAt else { return }
        self.lastAt = time
        self.last = outcome
        self.failures = outcome == .fail ? self.failures + 1 : 0
    }

    /// Whether it was so often not to be had that it does not count as a copy any more.
    var isLost: Bool { self.failures >= StorageDutyLimits.failuresOfLostCopy }
}
