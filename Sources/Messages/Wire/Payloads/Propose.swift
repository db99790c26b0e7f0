public import Primitives

/// PROPOSE: a document, skill, configuration, piece of code or change of the rules (R-07-002).
public struct Propose: WirePayload, Codable {
    package static var messageType: MessageType { .propose }

    /// Which rules a proposal is decided by.
    public enum Tier: String, Sendable, CaseIterable, Codable {
        case standard
        case constitutional

        /// How long votes are taken unless the author says so (§7).
        public var defaultVotingMilliseconds: Int64 {
            switch self {
            case .standard: WireLimits.defaultVotingMilliseconds
            // Their shortest time; an hour more, since signing comes a moment later.
            case .constitutional: WireLimits.votingMilliseconds + 3_600_000
            }
        }
    }

    /// A statement that others can check.
    public struct Claim: PayloadObject, Codable {
        /// What is claimed.
        public let statement: String
        /// Whether somebody else can check it.
        public let isVerifiable: Bool
        /// What speaks for it.
        public let evidence: String?

        /// Puts one together.
        public init(statement: String, isVerifiable: Bool, evidence: String? = nil) {
            self.statement = statement
            self.isVerifiable = isVerifiable
            self.evidence = evidence
        }

        package func write(to claim: inout PayloadWriter) {
            claim.set("statement", self.statement)
            claim.set("verifiable", self.isVerifiable)
            claim.set("evidence", self.evidence)
        }
    }

    /// What a vote on a flag, ban, key conflict or parameter decides (D-61).
    public struct Resolution: PayloadObject, Codable {
        /// What is decided.
        public enum Kind: String, Sendable, CaseIterable, Codable {
            case flag
            case ban
            case keyConflict = "key_conflict"
            case parameter
        }

        /// What is decided.
        public let kind: Kind
        /// The flagged content.
        public let contentHash: ContentHash?
        /// The identity concerned.
        public let subject: NodeID?
        /// The key that continues it.
        public let successor: NodeID?
        /// The message concerned.
        public let messageID: MessageID?
        /// The parameter to change; only for that kind.
        public let name: String?
        /// Its new value, fractions in millionths.
        public let value: Int64?

        /// Puts one together.
        public init(
            kind: Kind,
            contentHash: ContentHash? = nil,
            subject: NodeID? = nil,
            successor: NodeID? = nil,
            messageID: MessageID? = nil,
            name: String? = nil,
            value: Int64? = nil
        ) {
            self.kind = kind
            self.contentHash = contentHash
            self.subject = subject
            self.successor = successor
            self.messageID = messageID
            self.name = name
            self.value = value
        }
    }

    /// One line.
    public let title: String
    /// The reasons.
    public let body: String
    /// At most 10, lower case, at most 64 characters each.
    public let tags: [String]
    /// At most 1 KiB.
    public let description: String?
    /// SHA-256 of the artefact.
    public let contentHash: ContentHash
    /// Media type.
    public let contentType: String
    /// Bytes of the artefact.
    public let contentSize: Int64
    /// An HTTP fallback.
    public let contentURL: String?
    /// The artefact itself, at most 1 MiB.
    public let contentInline: [UInt8]?
    /// The REQUEST that it answers.
    public let requestID: MessageID?
    /// The SHARE that its artefact comes from (R-06-037): an extension, so that a value of another form
    /// is read as nil and is no reason to refuse the message.
    public let originShareID: MessageID?
    /// The proposal that it replaces.
    public let supersedes: MessageID?
    /// At most 50.
    public let claims: [Claim]
    /// Which rules decide.
    public let tier: Tier
    /// End of life of the old protocol version; for changes of the protocol only.
    public let eol: Timestamp?
    /// Votes stamped later do not count.
    public let votingDeadline: Timestamp
    /// What the vote decides beyond adoption.
    public let resolution: Resolution?

    /// Whether it changes rules rather than offering content (D-52).
    public var isGovernance: Bool {
        self.tier == .constitutional || self.eol != nil || self.resolution != nil
    }

    /// From when on a ratification has effect.
    public var effectiveAt: Timestamp {
        switch self.tier {
        case .standard: self.votingDeadline
        case .constitutional:
            self.votingDeadline.adding(milliseconds: WireLimits.coolingMilliseconds)
        }
    }

    /// From when on an ADOPT is sent, accepted and rewarded (R-08-037).
    public var adoptableFrom: Timestamp {
        self.tier == .constitutional ? self.effectiveAt : Timestamp.distantPast
    }

    /// Puts one together.
    public init(
        title: String,
        body: String,
        tags: [String] = [],
        description: String? = nil,
        contentHash: ContentHash,
        contentType: String,
        contentSize: Int64,
        contentURL: String? = nil,
        contentInline: [UInt8]? = nil,
        requestID: MessageID? = nil,
        originShareID: MessageID? = nil,
        supersedes: MessageID? = nil,
        claims: [Claim] = [],
        tier: Tier = .standard,
        eol: Timestamp? = nil,
        votingDeadline: Timestamp,
        resolution: Resolution? = nil
    ) {
        self.title = title
        self.body = body
        self.tags = tags
        self.description = description
        self.contentHash = contentHash
        self.contentType = contentType
        self.contentSize = contentSize
        self.contentURL = contentURL
        self.contentInline = contentInline
        self.requestID = requestID
        self.originShareID = originShareID
        self.supersedes = supersedes
        self.claims = claims
        self.tier = tier
        self.eol = eol
        self.votingDeadline = votingDeadline
        self.resolution = resolution
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.title = try payload.text("title")
        self.body = try payload.text("body")
        self.tags = try Self.tags(payload)
        self.description = try payload.optionalText(
            "description",
            bytesMax: WireLimits.descriptionBytesMax
        )
        self.contentHash = try payload.id("content_hash")
        self.contentType = try payload.text("content_type")
        self.contentSize = try payload.integer("content_size")
        self.contentURL = try payload.optionalText("content_url")
        self.contentInline = try payload.optionalBase64(
            "content_inline",
            bytesMax: WireLimits.inlineContentBytesMax
        )
        self.requestID = try payload.optionalID("request_id")
        self.originShareID = try? payload.optionalID("origin_share_id")
        self.supersedes = try payload.optionalID("supersedes")
        self.claims = try Self.claims(payload)
        self.tier = try payload.choice("tier")
        self.eol = try payload.optionalTimestamp("eol")
        self.votingDeadline = try Self.deadline(payload, tier: self.tier, timestamp)
        self.resolution = try payload.optionalObject("resolution").map {
            resolution throws(SchemaError) in try Resolution(reading: resolution)
        }
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("title", self.title)
        payload.set("body", self.body)
        if !self.tags.isEmpty { payload.set("tags", self.tags) }
        payload.set("description", self.description)
        payload.set("content_hash", self.contentHash)
        payload.set("content_type", self.contentType)
        payload.set("content_size", self.contentSize)
        payload.set("content_url", self.contentURL)
        payload.set("content_inline", base64: self.contentInline)
        payload.set("request_id", self.requestID)
        payload.set("origin_share_id", self.originShareID)
        payload.set("supersedes", self.supersedes)
        payload.set("claims", self.claims)
        payload.set("tier", self.tier)
        payload.set("eol", self.eol)
        payload.set("voting_deadline", self.votingDeadline)
        payload.set("resolution", self.resolution)
    }

    private static func tags(_ payload: PayloadReader) throws(SchemaError) -> [String] {
        let tags = try payload.optionalTexts("tags") ?? []
        guard tags.count <= WireLimits.proposalTagsMax else {
            throw payload.error("tags", "has more than \(WireLimits.proposalTagsMax) entries")
        }
        for tag in tags {
            guard tag.unicodeScalars.count <= WireLimits.proposalTagScalarsMax else {
                throw payload.error(
                    "tags",
                    "has an entry over \(WireLimits.proposalTagScalarsMax) characters"
                )
            }
            guard !tag.unicodeScalars.contains(where: \.properties.isUppercase) else {
                throw payload.error("tags", "must be lower case")
            }
        }
        return tags
    }

    private static func claims(_ payload: PayloadReader) throws(SchemaError) -> [Claim] {
        let readers = try payload.objects("claims")
        guard readers.count <= WireLimits.claimsMax else {
            throw payload.error("claims", "has more than \(WireLimits.claimsMax) entries")
        }
        return try readers.map { reader throws(SchemaError) in
            let claim = Claim(
                statement: try reader.text("statement"),
                isVerifiable: try reader.bool("verifiable"),
                evidence: try reader.optionalText("evidence")
            )
            let count = claim.statement.utf8.count + (claim.evidence?.utf8.count ?? 0)
            guard count <= WireLimits.claimBytesMax else {
                throw reader.error(
                    "statement",
                    "and evidence exceed \(WireLimits.claimBytesMax) bytes together"
                )
            }
            return claim
        }
    }

    private static func deadline(_ payload: PayloadReader, tier: Tier, _ timestamp: Timestamp)
        throws(SchemaError) -> Timestamp
    {
        let deadline = try payload.timestamp("voting_deadline")
        let duration = deadline.milliseconds(since: timestamp)
        let day: Int64 = 86_400_000
        switch tier {
        case .standard:
            guard duration > 0, duration <= WireLimits.votingMilliseconds else {
                throw payload.error("voting_deadline", "must lie within 90 days of the timestamp")
            }
        case .constitutional:
            let longest = WireLimits.constitutionalVotingMillisecondsMax
            guard duration >= WireLimits.votingMilliseconds, duration <= longest else {
                throw payload.error(
                    "voting_deadline",
                    "must lie 90 to \(longest / day) days after the timestamp"
                )
            }
        }
        return deadline
    }
}

extension Propose.Resolution {
    init(reading payload: PayloadReader) throws(SchemaError) {
        self.kind = try payload.choice("kind")
        self.contentHash = try payload.optionalID("content_hash")
        self.subject = try payload.optionalID("subject")
        self.successor = try payload.optionalID("successor")
        self.messageID = try payload.optionalID("message_id")
        self.name = try payload.optionalText("name")
        self.value = try payload.optionalInteger("value")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("kind", self.kind)
        payload.set("content_hash", self.contentHash)
        payload.set("subject", self.subject)
        payload.set("successor", self.successor)
        payload.set("message_id", self.messageID)
        payload.set("name", self.name)
        payload.set("value", self.value)
    }
}
