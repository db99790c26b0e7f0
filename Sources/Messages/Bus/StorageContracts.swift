public import Kernel
public import Primitives

/// Keep an upload on this node, and say how others are asked for copies of it.
///
/// The REPLICATE_REQUEST itself is the asker's to send, as the SHARE of ``ShareContent`` is.
public struct ReplicateContent: Procedure, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }
    /// The outcome.
    public struct Reply: BusMessage {
        /// What asks for copies, or why nothing was kept.
        public let outcome: Result<ReplicateRequest, ContentFailure>
        /// Gives the outcome.
        public init(outcome: Result<ReplicateRequest, ContentFailure>) { self.outcome = outcome }
    }
    /// The artefact and what is said of it.
    public var content: ShareContent
    /// Copies wanted, 1 to 5.
    public let copyCount: Int64
    /// What is declared to be there for rent (D-73); nil declares one day's.
    public let stake: FixedPoint?
    /// Asks for copies.
    public init(content: ShareContent, copyCount: Int64 = 3, stake: FixedPoint? = nil) {
        self.content = content
        self.copyCount = copyCount
        self.stake = stake
    }
}

/// End a part of this node's in a contract: its own content is withdrawn, or a copy is handed on.
///
/// The answer is the message that does it; it is the asker's to send.
public struct LeaveContract: Procedure {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }
    /// How a part ends.
    public enum Way: Sendable, Equatable {
        /// The uploader takes its content back (R-06-094).
        case withdraw(reason: String?)
        /// The provider hands its copy to another one (R-06-087).
        case transfer(to: NodeID)
    }
    /// What does it.
    public enum Deed: Sendable, Equatable {
        case withdraw(ContentWithdraw)
        case transfer(RentTransfer)
    }
    /// The outcome.
    public struct Reply: BusMessage {
        /// The message, or why it would lead to nothing.
        public let outcome: Result<Deed, ContentFailure>
        /// Gives the outcome.
        public init(outcome: Result<Deed, ContentFailure>) { self.outcome = outcome }
    }
    /// The artefact.
    public let content: ContentHash
    /// How the part ends.
    public let way: Way
    /// Asks for an end.
    public init(content: ContentHash, way: Way) {
        self.content = content
        self.way = way
    }
}

/// What this node has to do with the storage market: its offer, its contracts, and what challenges showed.
public struct StorageDealings: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }

    /// This node's part in a contract.
    public enum Part: String, Sendable, CaseIterable {
        /// It pays.
        case uploader
        /// It promised room.
        case promised
        /// It fetches its copy, or is to be given one.
        case fetching
        /// It keeps a copy.
        case keeping
    }

    /// One contract in which this node has a part.
    public struct Row: Sendable, Equatable {
        /// The artefact.
        public let content: ContentDescription
        /// This node's part.
        public let part: Part
        /// Who pays.
        public let uploader: NodeID
        /// How far it is, in a word: gathering, delivering, active, grace, failed, decayed or withdrawn.
        public let state: String
        /// When that ends by itself; nil while it does not.
        public let until: Timestamp?
        /// Copies wanted.
        public let copyCount: Int
        /// Who keeps a confirmed copy.
        public let holders: [NodeID]
        /// One day's rent.
        public let dailyRent: FixedPoint
        /// What may go wrong, for people; nil when nothing is known.
        public let risk: String?
        /// What flags and votes make of the artefact.
        public let standing: ContentStanding
        /// Describes a contract.
        public init(
            content: ContentDescription,
            part: Part,
            uploader: NodeID,
            state: String,
            until: Timestamp?,
            copyCount: Int,
            holders: [NodeID],
            dailyRent: FixedPoint,
            risk: String?,
            standing: ContentStanding
        ) {
            self.content = content
            self.part = part
            self.uploader = uploader
            self.state = state
            self.until = until
            self.copyCount = copyCount
            self.holders = holders
            self.dailyRent = dailyRent
            self.risk = risk
            self.standing = standing
        }
    }

    /// What own challenges of one copy showed.
    public struct Examination: Sendable, Equatable {
        /// The artefact.
        public let content: ContentHash
        /// Who is challenged.
        public let provider: NodeID
        /// The last own result; nil before the first.
        public let last: ChallengeResult.Outcome?
        /// When it was stamped.
        public let lastAt: Timestamp?
        /// Own failures since the last pass.
        public let failures: Int
        /// When the copy is challenged next.
        public let nextAt: Timestamp?
        /// The answers come as late as if the bytes were fetched from somewhere.
        public let seemsFetched: Bool
        /// Describes what was found.
        public init(
            content: ContentHash,
            provider: NodeID,
            last: ChallengeResult.Outcome?,
            lastAt: Timestamp?,
            failures: Int,
            nextAt: Timestamp?,
            seemsFetched: Bool
        ) {
            self.content = content
            self.provider = provider
            self.last = last
            self.lastAt = lastAt
            self.failures = failures
            self.nextAt = nextAt
            self.seemsFetched = seemsFetched
        }
    }

    /// A validator and a provider whose challenges look arranged, which proves nothing (R-06-072,
    /// R-06-112).
    public struct Pair: Sendable, Equatable {
        /// Who challenges.
        public let validator: NodeID
        /// Who is challenged.
        public let provider: NodeID
        /// Names a pair.
        public init(validator: NodeID, provider: NodeID) {
            self.validator = validator
            self.provider = provider
        }
    }

    /// The dealings.
    public struct Reply: BusMessage {
        /// The operator's offer.
        public let offer: StorageOffer
        /// What is left of it, and how many copies are kept.
        public let offered: StorageOffered
        /// Contracts, sorted by artefact.
        public let rows: [Row]
        /// What challenges showed, sorted by artefact and provider.
        public let examinations: [Examination]
        /// Pairs that deserve a look, sorted.
        public let suspiciousPairs: [Pair]
        /// Puts a reply together.
        public init(
            offer: StorageOffer,
            offered: StorageOffered,
            rows: [Row],
            examinations: [Examination],
            suspiciousPairs: [Pair]
        ) {
            self.offer = offer
            self.offered = offered
            self.rows = rows
            self.examinations = examinations
            self.suspiciousPairs = suspiciousPairs
        }
    }
    /// Asks.
    public init() {}
}
