public import Primitives

/// What the storage market found out and the ledger has to know (§6, §9).
///
/// The market records it with ``fact(recordedAt:)`` and `RecordFact`; the ledger folds it from
/// `FactLogged`, in the order of the log, live and at replay alike (ADR 0005).
public enum StorageFact: Sendable, Equatable {
    /// A cycle of rent begins: the payer is charged, all or nothing (D-66).
    case rentHeld(RentCycle, payer: NodeID, amount: FixedPoint)
    /// The cycle is over: what was held goes to those who did their work, the rest back (D-66).
    case rentSettled(RentCycle, RentWork)
    /// Several validators saw a provider fail a challenge, by timeout or by a wrong proof (D-64).
    case challengeFailed(provider: NodeID, content: ContentHash)
    /// A provider confirmed a copy and failed its first challenge (R-06-031).
    case copyAbandoned(provider: NodeID, content: ContentHash)
    /// These held copies of a proposal's content during its vote (R-06-085).
    case copiesHeld(proposal: MessageID, providers: [NodeID])

    /// The kinds of the facts; their owner is StorageMarket.
    private enum Kind: String {
        case rentHeld = "rent_held"
        case rentSettled = "rent_settled"
        case challengeFailed = "challenge_failed"
        case copyAbandoned = "copy_abandoned"
        case copiesHeld = "copies_held"
    }
}

/// One day's rent for one artefact.
public struct RentCycle: Sendable, Hashable, Comparable, CustomStringConvertible {
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
public struct RentWork: Sendable, Equatable {
    /// A provider or validator and how much it did.
    public struct Share: Sendable, Equatable {
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

// MARK: As the body of a fact

extension StorageFact {
    /// What `RecordFact` takes.
    public func fact(recordedAt: Timestamp) -> LocalFact {
        LocalFact(
            owner: .storageMarket,
            kind: self.kind.rawValue,
            body: JSONValue.object(self.members).canonicalBytes(),
            recordedAt: recordedAt
        )
    }

    private var kind: Kind {
        switch self {
        case .rentHeld: .rentHeld
        case .rentSettled: .rentSettled
        case .challengeFailed: .challengeFailed
        case .copyAbandoned: .copyAbandoned
        case .copiesHeld: .copiesHeld
        }
    }

    private var members: [(String, JSONValue)] {
        switch self {
        case .rentHeld(let cycle, let payer, let amount):
            cycle.members + [
                ("payer", .string(payer.hex)), ("amount", .integer(amount.millionths)),
            ]
        case .rentSettled(let cycle, let work): cycle.members + work.members
        case .challengeFailed(let provider, let content),
            .copyAbandoned(let provider, let content):
            [("provider", .string(provider.hex)), ("content_hash", .string(content.hex))]
        case .copiesHeld(let proposal, let providers):
            [
                ("proposal_id", .string(proposal.hex)),
                ("providers", .array(providers.map { .string($0.hex) })),
            ]
        }
    }

    /// Reads a fact; nil when the storage market did not write it, or not in this form.
    public init?(_ fact: LocalFact) {
        guard fact.owner == .storageMarket, let kind = Kind(rawValue: fact.kind),
            let root = try? JSONDocument(scanning: fact.body).root.value,
            let read = Self(kind, root)
        else { return nil }
        self = read
    }

    private init?(_ kind: Kind, _ root: JSONValue) {
        switch kind {
        case .rentHeld:
            guard let cycle = RentCycle(root), let payer = NodeID(member: "payer", of: root),
                let amount = root["amount"]?.integer
            else { return nil }
            self = .rentHeld(cycle, payer: payer, amount: FixedPoint(millionths: amount))
        case .rentSettled:
            guard let cycle = RentCycle(root), let work = RentWork(root) else { return nil }
            self = .rentSettled(cycle, work)
        case .challengeFailed, .copyAbandoned:
            guard let provider = NodeID(member: "provider", of: root),
                let content = root["content_hash"]?.string.flatMap({ ContentHash(hex: $0) })
            else { return nil }
            self =
                kind == .challengeFailed
                ? .challengeFailed(provider: provider, content: content)
                : .copyAbandoned(provider: provider, content: content)
        case .copiesHeld:
            guard let id = root["proposal_id"]?.string.flatMap({ MessageID(hex: $0) }),
                let names = root["providers"]?.elements
            else { return nil }
            let providers = names.compactMap { $0.string.flatMap { NodeID(hex: $0) } }
            self = .copiesHeld(proposal: id, providers: providers)
        }
    }
}

extension NodeID {
    fileprivate init?(member name: String, of root: JSONValue) {
        guard let text = root[name]?.string else { return nil }
        self.init(hex: text)
    }
}

extension RentCycle {
    fileprivate var members: [(String, JSONValue)] {
        [("content_hash", .string(self.content.hex)), ("cycle", .integer(self.number))]
    }

    fileprivate init?(_ root: JSONValue) {
        guard let content = root["content_hash"]?.string.flatMap({ ContentHash(hex: $0) }),
            let number = root["cycle"]?.integer
        else { return nil }
        self.init(content: content, number: number)
    }
}

extension RentWork {
    fileprivate var members: [(String, JSONValue)] {
        [
            ("required", .integer(self.required)),
            ("providers", .array(self.providers.map(\.json))),
            ("validators", .array(self.validators.map(\.json))),
        ]
    }

    fileprivate init?(_ root: JSONValue) {
        guard let required = root["required"]?.integer,
            let providers = root["providers"]?.elements,
            let validators = root["validators"]?.elements
        else { return nil }
        self.init(
            required: required,
            providers: providers.compactMap { Share($0) },
            validators: validators.compactMap { Share($0) }
        )
    }
}

extension RentWork.Share {
    fileprivate var json: JSONValue {
        .object([("identity", .string(self.identity.hex)), ("count", .integer(self.count))])
    }

    fileprivate init?(_ json: JSONValue) {
        guard let identity = NodeID(member: "identity", of: json),
            let count = json["count"]?.integer
        else { return nil }
        self.init(identity: identity, count: count)
    }
}
