public import Primitives

/// REQUEST: something is needed (R-07-001).
public struct Request: WirePayload {
    /// One line.
    public let title: String
    /// What exactly.
    public let body: String
    /// For finding it.
    public let tags: [String]
    /// When it is no longer needed; nil never.
    public let expires: Timestamp?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.title = try payload.text("title")
        self.body = try payload.text("body")
        self.tags = try payload.texts("tags")
        self.expires = try payload.optionalTimestamp("expires")
    }
}

/// WITHDRAW: an author takes a proposal back (R-07-016).
public struct Withdraw: WirePayload {
    /// The PROPOSE message.
    public let proposalID: MessageID
    /// Why, for people.
    public let reason: String?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.proposalID = try payload.id("proposal_id")
        self.reason = try payload.optionalText("reason")
    }
}

/// ADOPT: a node applied a proposal, or tried to (R-07-026).
public struct Adopt: WirePayload {
    /// The PROPOSE message.
    public let proposalID: MessageID
    /// False reports a failed attempt.
    public let success: Bool
    /// For people.
    public let notes: String?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.proposalID = try payload.id("proposal_id")
        self.success = try payload.bool("success")
        self.notes = try payload.optionalText("notes")
    }
}

/// COMMENT: talk about a proposal (R-07-020).
public struct Comment: WirePayload {
    /// The PROPOSE message.
    public let targetID: MessageID
    /// The text.
    public let body: String
    /// The comment that it answers.
    public let parentCommentID: MessageID?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.targetID = try payload.id("target_id")
        self.body = try payload.text("body")
        self.parentCommentID = try payload.optionalID("parent_comment_id")
    }
}

/// VOTE: an identity's opinion on a proposal (R-08-001).
public struct Vote: WirePayload {
    /// For, against, or merely present.
    public enum Stance: String, Sendable, CaseIterable {
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

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.proposalID = try payload.id("proposal_id")
        self.stance = try payload.choice("stance")
        self.reason = try payload.optionalText("reason")
        self.syncStatus = try payload.choice("sync_status")
        if self.syncStatus == .syncing {
            throw payload.error("sync_status", "is syncing; such a node cannot vote yet")
        }
    }
}
