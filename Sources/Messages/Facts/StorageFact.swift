public import Primitives

/// What the storage market found out and the ledger has to know (§6, §9).
///
/// The market records it with ``fact(recordedAt:)`` and `RecordFact`; the ledger folds it from
/// `FactLogged`, in the order of the log, live and at replay alike (ADR 0005).
public enum StorageFact: Fact, Codable {
    /// A cycle of rent begins: the payer is charged, all or nothing (D-66).
    case rentHeld(RentCycle, payer: NodeID, amount: FixedPoint)
    /// The cycle is over: what was held goes to those who did their work, the rest back (D-66).
    case rentSettled(RentCycle, RentWork)
    /// The payer cannot pay the cycle, or gave no notice of it: what was held goes back whole (D-68).
    case rentMissed(RentCycle, payer: NodeID)
    /// A provider announced that it hands its copy over, which costs it a fee (D-65).
    case transferFee(MessageID, payer: NodeID)
    /// Several validators saw a provider fail a challenge, by timeout or by a wrong proof (D-64).
    case challengeFailed(provider: NodeID, content: ContentHash)
    /// A provider confirmed a copy and failed its first challenge (R-06-031).
    case copyAbandoned(provider: NodeID, content: ContentHash)
    /// These held copies of a proposal's content during its vote (R-06-085).
    case copiesHeld(proposal: MessageID, providers: [NodeID])
}

/// One day's rent for one artefact.
public struct RentCycle: Sendable, Hashable, Comparable, CustomStringConvertible, Codable {
    /// The artefact.
    public let content: ContentHash
    /// Days since its replication, from 0.
    public let number: Int64

    /// Names a cycle.
    public init(content: ContentHash, number: Int64) {
        self.content = content
        self.number = number
    }

    /// By content, then by number.
    public static func < (left: Self, right: Self) -> Bool {
        (left.content, left.number) < (right.content, right.number)
    }

    /// For the history of an account.
    public var description: String { "\(self.content), day \(self.number)" }
}

/// Who worked for a cycle's rent.
public struct RentWork: Sendable, Equatable, Codable {
    /// A provider or validator and how much it did.
    public struct Share: Sendable, Equatable, Codable {
        /// The identity.
        public let identity: NodeID
        /// Challenges passed by a provider; a validator's weight (D-69).
        public let count: Int64

        /// Names a share.
        public init(identity: NodeID, count: Int64) {
            self.identity = identity
            self.count = count
        }
    }

    /// Challenges that a provider has to pass for its whole part (D-67).
    public let required: Int64
    /// Holders of a copy and the challenges that they passed.
    public let providers: [Share]
    /// Validators and their weights.
    public let validators: [Share]

    /// Puts the work of a cycle together.
    public init(required: Int64, providers: [Share], validators: [Share]) {
        self.required = required
        self.providers = providers
        self.validators = validators
    }
}

// MARK: As facts of the log

extension StorageFact {
    package static var kinds: [FactKind] {
        [
            .rentHeld, .rentSettled, .rentMissed, .transferFee, .challengeFailed, .copyAbandoned,
            .copiesHeld,
        ]
    }

    package var kind: FactKind {
        switch self {
        case .rentHeld: .rentHeld
        case .rentSettled: .rentSettled
        case .rentMissed: .rentMissed
        case .transferFee: .transferFee
        case .challengeFailed: .challengeFailed
        case .copyAbandoned: .copyAbandoned
        case .copiesHeld: .copiesHeld
        }
    }

    package init(_ kind: FactKind, reading body: PayloadReader) throws(SchemaError) {
        switch kind {
        case .rentHeld:
            self = .rentHeld(
                try RentCycle(reading: body),
                payer: try body.id("payer"),
                amount: try body.amount("amount")
            )
        case .rentSettled:
            self = .rentSettled(try RentCycle(reading: body), try RentWork(reading: body))
        case .rentMissed:
            self = .rentMissed(try RentCycle(reading: body), payer: try body.id("payer"))
        case .transferFee:
            self = .transferFee(try body.id("transfer_id"), payer: try body.id("payer"))
        case .copiesHeld:
            self = .copiesHeld(
                proposal: try body.id("proposal_id"),
                providers: try body.ids("providers")
            )
        case .challengeFailed:
            self = .challengeFailed(
                provider: try body.id("provider"),
                content: try body.id("content_hash")
            )
        default:
            self = .copyAbandoned(
                provider: try body.id("provider"),
                content: try body.id("content_hash")
            )
        }
    }

    package func write(to body: inout PayloadWriter) {
        switch self {
        case .rentHeld(let cycle, let payer, let amount):
            cycle.write(to: &body)
            body.set("payer", payer)
            body.set("amount", amount)
        case .rentSettled(let cycle, let work):
            cycle.write(to: &body)
            work.write(to: &body)
        case .rentMissed(let cycle, let payer):
            cycle.write(to: &body)
            body.set("payer", payer)
        case .transferFee(let transfer, let payer):
            body.set("transfer_id", transfer)
            body.set("payer", payer)
        case .challengeFailed(let provider, let content),
            .copyAbandoned(let provider, let content):
            body.set("provider", provider)
            body.set("content_hash", content)
        case .copiesHeld(let proposal, let providers):
            body.set("proposal_id", proposal)
            body.set("providers", providers)
        }
    }
}

extension RentCycle {
    init(reading body: PayloadReader) throws(SchemaError) {
        self.init(content: try body.id("content_hash"), number: try body.integer("cycle"))
    }

    func write(to body: inout PayloadWriter) {
        body.set("content_hash", self.content)
        body.set("cycle", self.number)
    }
}

extension RentWork {
    init(reading body: PayloadReader) throws(SchemaError) {
        self.init(
            required: try body.integer("required"),
            providers: try Self.shares("providers", of: body),
            validators: try Self.shares("validators", of: body)
        )
    }

    private static func shares(_ key: String, of body: PayloadReader) throws(SchemaError)
        -> [Share]
    {
        try body.objects(key).map { share throws(SchemaError) in
            Share(identity: try share.id("identity"), count: try share.integer("count"))
        }
    }

    func write(to body: inout PayloadWriter) {
        body.set("required", self.required)
        body.set("providers", self.providers)
        body.set("validators", self.validators)
    }
}

extension RentWork.Share: PayloadObject {
    package func write(to share: inout PayloadWriter) {
        share.set("identity", self.identity)
        share.set("count", self.count)
    }
}
