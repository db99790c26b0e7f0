public import Kernel
public import Primitives

/// What the flags against an artefact come to for whoever holds it (§6, D-77).
public enum ContentStanding: String, Sendable, CaseIterable, Comparable, Codable {
    /// Nothing that counts stands against it.
    case clean
    /// It is served to nobody new, and gives way first when room is needed (R-06-128).
    case deprioritised
    /// It is served to nobody, and kept (R-06-132).
    case withheld
    /// It is deleted, and neither fetched nor shared again (R-06-133).
    case condemned

    /// Whether the first leaves more freedom than the second.
    public static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .clean: 0
        case .deprioritised: 1
        case .withheld: 2
        case .condemned: 3
        }
    }
}

/// The standing of an artefact changed; after the replay, every one that is not clean is told once.
public struct ContentWeighed: Event, Equatable {
    /// The artefact.
    public let content: ContentHash
    /// What becomes of it.
    public let standing: ContentStanding
    /// Tells a standing.
    public init(_ content: ContentHash, _ standing: ContentStanding) {
        self.content = content
        self.standing = standing
    }
}

/// Read the copy of an artefact on this node whole, and compare its hash.
///
/// A damaged copy is set aside, so that it can be fetched again.
public struct VerifyContent: Procedure {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }
    /// What the copy is like.
    public enum Copy: Sendable, Equatable {
        /// All of it has its hash.
        case whole(bytes: Int)
        /// It changed since it was stored.
        case damaged
        /// There is none.
        case absent
    }
    /// The outcome.
    public struct Reply: BusMessage {
        /// What the copy is like, or why that is not known.
        public let outcome: Result<Copy, ContentFailure>
        /// What becomes of the artefact.
        public let standing: ContentStanding
        /// Gives the outcome.
        public init(outcome: Result<Copy, ContentFailure>, standing: ContentStanding) {
            self.outcome = outcome
            self.standing = standing
        }
    }
    /// The artefact.
    public let hash: ContentHash
    /// Asks for a check.
    public init(hash: ContentHash) { self.hash = hash }
}

/// Artefacts lie on this node's disk, since now or from before the start.
public struct ContentHeld: Event, Equatable {
    /// The artefacts.
    public let contents: [ContentHash]
    /// Tells what is held.
    public init(_ contents: [ContentHash]) { self.contents = contents }
}
