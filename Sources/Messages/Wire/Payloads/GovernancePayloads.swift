public import Primitives

/// REQUEST: something is needed (R-07-001).
public struct Request: WirePayload {
    package static var messageType: MessageType { .request }

    /// One line.
    public let title: String
    /// What exactly.
    public let body: String
    /// For finding it.
    public let tags: [String]
    /// When it is no longer needed; nil never.
    public let expires: Timestamp?

    /// Puts one together.
    public init(title: String, body: String, tags: [String], expires: Timestamp? = nil) {
        self.title = title
        self.body = body
        self.tags = tags
        self.expires = expires
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.title = try payload.text("title")
        self.body = try payload.text("body")
        self.tags = try payload.texts("tags")
        self.expires = try payload.optionalTimestamp("expires")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("title", self.title)
        payload.set("body", self.body)
        payload.set("tags", self.tags)
        payload.set("expires", self.expires)
    }
}

/// WITHDRAW: an author takes a proposal back (R-07-016).
public struct Withdraw: WirePayload {
    package static var messageType: MessageType { .withdraw }

    /// The PROPOSE message.
    public let proposalID: MessageID
    /// Why, for people.
    public let reason: String?

    /// Puts one together.
    public init(proposalID: MessageID, reason: String? = nil) {
        self.proposalID = proposalID
        self.reason = reason
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.proposalID = try payload.id("proposal_id")
        self.reason = try payload.optionalText("reason")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("proposal_id", self.proposalID)
        payload.set("reason", self.reason)
    }
}

/// ADOPT: a node applied a proposal, or tried to (R-07-026).
public struct Adopt: WirePayload, Codable {
    package static var messageType: MessageType { .adopt }

    /// The PROPOSE message.
    public let proposalID: MessageID
    /// False reports a failed attempt.
    public let success: Bool
    /// For people.
    public let notes: String?

    /// Puts one together.
    public init(proposalID: MessageID, success: Bool, notes: String? = nil) {
        self.proposalID = proposalID
        self.success = success
        self.notes = notes
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.proposalID = try payload.id("proposal_id")
        self.success = try payload.bool("success")
        self.notes = try payload.optionalText("notes")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("proposal_id", self.proposalID)
        payload.set("success", self.success)
        payload.set("notes", self.notes)
    }
}

/// COMMENT: talk about a proposal (R-07-020).
public struct Comment: WirePayload, Codable {
    package static var messageType: MessageType { .comment }

    /// What somebody found who checked a claim of a proposal (D-45).
    public struct Verification: PayloadObject, Codable {
        /// The claim's place in the proposal.
        public let claimIndex: Int64
        /// Whether it holds.
        public let isTrue: Bool
        /// What speaks for that.
        public let evidence: String?

        /// Reports a finding.
        public init(claimIndex: Int64, isTrue: Bool, evidence: String? = nil) {
            self.claimIndex = claimIndex
            self.isTrue = isTrue
            self.evidence = evidence
        }

        /// Nil when it says neither yes nor no.
        init?(reading payload: PayloadReader) {
            guard let index = payload.view["claim_index"]?.integer,
                let isTrue = ["true": true, "false": false][payload.view["result"]?.string ?? ""]
            else { return nil }
            self.claimIndex = index
            self.isTrue = isTrue
            self.evidence = payload.view["evidence"]?.string
        }

        package func write(to payload: inout PayloadWriter) {
            payload.set("claim_index", self.claimIndex)
            payload.set("result", self.isTrue ? "true" : "false")
            payload.set("evidence", self.evidence)
        }
    }

    /// The PROPOSE message.
    public let targetID: MessageID
    /// The text.
    public let body: String
    /// The comment that it answers.
    public let parentCommentID: MessageID?
    /// The result of checking a claim: an extension, so that a value of another form is read as nil and
    /// is no reason to refuse the message.
    public let verification: Verification?

    /// Puts one together.
    public init(
        targetID: MessageID,
        body: String,
        parentCommentID: MessageID? = nil,
        verification: Verification? = nil
    ) {
        self.targetID = targetID
        self.body = body
        self.parentCommentID = parentCommentID
        self.verification = verification
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.targetID = try payload.id("target_id")
        self.body = try payload.text("body")
        self.parentCommentID = try payload.optionalID("parent_comment_id")
        self.verification = payload.view["verification"]
            .flatMap { try? PayloadReader($0) }.flatMap { Verification(reading: $0) }
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("target_id", self.targetID)
        payload.set("body", self.body)
        payload.set("parent_comment_id", self.parentCommentID)
        payload.set("verification", self.verification)
    }
}

/// VOTE: an identity's opinion on a proposal (R-08-001).
public struct Vote: WirePayload, Codable {
    package static var messageType: MessageType { .vote }

    /// For, against, or merely present.
    public enum Stance: String, Sendable, CaseIterable, Codable {
        case endorse
        case reject
        case abstain
    }

    /// The PROPOSE message.
    public let proposalID: MessageID
    /// The opinion.
    public let stance: Stance
    /// Why, for people.
    public let reason: String?
    /// The voter's reconciliation state; a node that is still syncing cannot vote (D-84).
    public let syncStatus: SyncState

    /// Puts one together.
    public init(proposalID: MessageID, stance: Stance, reason: String? = nil, syncStatus: SyncState)
    {
        self.proposalID = proposalID
        self.stance = stance
        self.reason = reason
        self.syncStatus = syncStatus
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.proposalID = try payload.id("proposal_id")
        self.stance = try payload.choice("stance")
        self.reason = try payload.optionalText("reason")
        self.syncStatus = try payload.choice("sync_status")
        if self.syncStatus == .syncing {
            throw payload.error("sync_status", "is syncing; such a node cannot vote yet")
        }
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("proposal_id", self.proposalID)
        payload.set("stance", self.stance)
        payload.set("reason", self.reason)
        payload.set("sync_status", self.syncStatus)
    }
}
