import Messages
import Primitives

// The JSON that people and agents see. Amounts of reputation are integers in millionths, as on
// the wire; times are Unix milliseconds.

extension RequestView {
    /// What lists show: an outline without the body.
    var summary: JSONValue {
        let members = self.message.payloadValue.members ?? []
        let short = members.filter { $0.key != "body" }.map { ($0.key, $0.value) }
        return .object(self.members + [("payload", .object(short))])
    }

    /// Everything the node knows of the request.
    var detail: JSONValue {
        .object(
            self.members + [
                ("payload", self.message.payloadValue),
                ("comments", .array(self.threads.map(\.json))),
                ("proposals", .array(self.answers.map { .string($0.hex) })),
            ]
        )
    }

    private var members: [(String, JSONValue)] {
        [
            ("id", .string(self.message.id.hex)),
            ("type", .string(self.message.typeName)),
            ("from", .string(self.message.from.hex)),
            ("identity", .string(self.identity.hex)),
            ("timestamp", .integer(self.message.timestamp.milliseconds)),
            ("expired", .bool(self.isExpired)),
        ]
    }
}

extension Message {
    /// The payload as a value; own canonical bytes always parse.
    var payloadValue: JSONValue {
        (try? JSONDocument(scanning: self.payloadJSON).root.value) ?? .null
    }
}

extension Tally {
    var json: JSONValue {
        .object([
            ("voters", .integer(Int64(self.voters))),
            ("endorse", .integer(self.endorse.millionths)),
            ("reject", .integer(self.reject.millionths)),
            ("abstain", .integer(self.abstain.millionths)),
            ("quorum", .integer(self.quorum.millionths)),
            ("threshold", .integer(self.threshold.millionths)),
        ])
    }
}

extension ProposalView {
    /// What lists show: no inline bytes, no votes.
    func summary(now: Timestamp) -> JSONValue { .object(self.members(now: now)) }

    private func members(now: Timestamp) -> [(String, JSONValue)] {
        [
            ("id", .string(self.message.id.hex)),
            ("author", .string(self.author.hex)),
            ("timestamp", .integer(self.message.timestamp.milliseconds)),
            ("title", .string(self.proposal.title)),
            ("description", self.proposal.description.map { .string($0) } ?? .null),
            ("tags", .array(self.proposal.tags.map { .string($0) })),
            ("content_hash", .string(self.proposal.contentHash.hex)),
            ("content_type", .string(self.proposal.contentType)),
            ("content_size", .integer(self.proposal.contentSize)),
            ("tier", .string(self.proposal.tier.rawValue)),
            ("resolution", self.proposal.resolution?.json ?? .null),
            ("eol", self.proposal.eol.map { .integer($0.milliseconds) } ?? .null),
            ("request_id", self.proposal.requestID.map { .string($0.hex) } ?? .null),
            ("supersedes", self.proposal.supersedes.map { .string($0.hex) } ?? .null),
            ("superseded_by", .array(self.supersededBy.map { .string($0.hex) })),
            ("voting_deadline", .integer(self.proposal.votingDeadline.milliseconds)),
            ("decision_due", self.decisionDue.map { .integer($0.milliseconds) } ?? .null),
            ("overdue", .bool(self.isOverdue(at: now))),
            ("state", .string(self.state.rawValue)),
            ("standing", .string(self.standing(now: now))),
            ("adopted", .bool(self.isAdopted)),
            ("tally", self.tally.json),
            ("missing", .array(self.missing.map { .string($0) })),
        ]
    }

    /// Everything the node knows of the proposal.
    func detail(now: Timestamp, warning: String?) -> JSONValue {
        .object(
            self.members(now: now) + [
                ("body", .string(self.proposal.body)),
                ("content_inline", .bool(self.proposal.contentInline != nil)),
                ("content_url", self.proposal.contentURL.map { .string($0) } ?? .null),
                ("claims", .array(self.proposal.claims.map(\.json))),
                ("votes", .array(self.votes.map(\.json))),
                ("adoptions", .array(self.adoptions.map(\.json))),
                ("comments", .array(self.threads.map(\.json))),
                ("chain", .array(self.supersedes.map { .string($0.hex) })),
                ("outlook", self.outlook.json),
                ("archived", .bool(self.isArchived)),
                ("warnings", .array(warning.map { [.string($0)] } ?? [])),
            ]
        )
    }
}

extension VoteView {
    var json: JSONValue {
        .object([
            ("identity", .string(self.identity.hex)),
            ("vote_id", .string(self.voteID.hex)),
            ("stance", .string(self.stance)),
            ("weight", .integer(self.weight.millionths)),
            ("not_counted_because", self.notCountedBecause.map { .string($0) } ?? .null),
            ("reason", self.reason.map { .string($0) } ?? .null),
        ])
    }
}

extension AdoptionView {
    var json: JSONValue {
        .object([("identity", .string(self.identity.hex)), ("success", .bool(self.success))])
    }
}

extension Propose.Claim {
    fileprivate var json: JSONValue {
        .object([
            ("statement", .string(self.statement)), ("verifiable", .bool(self.isVerifiable)),
            ("evidence", self.evidence.map { .string($0) } ?? .null),
        ])
    }
}

extension PeerTable.Row {
    var json: JSONValue {
        .object([
            ("node_id", .string(self.node.hex)),
            ("addresses", .array(self.addresses.map { .string($0) })),
            ("connected", .bool(self.isConnected)),
            ("direction", .string(self.isOutbound ? "outbound" : "inbound")),
            ("authenticated", .bool(self.isAuthenticated)),
            ("sync_status", self.syncStatus.map { .string($0) } ?? .null),
            ("capabilities", .array(self.capabilities.map { .string($0) })),
            ("last_announced", self.lastAnnounced.map { .integer($0.milliseconds) } ?? .null),
            ("other_founders", .bool(self.hasOtherFounders)),
            ("bootstrap", .bool(self.isBootstrap)),
            ("direct_peer", .bool(self.isDirect)),
            ("anchor", .bool(self.isAnchor)),
            ("asn", self.autonomousSystem.map { .integer(Int64($0)) } ?? .null),
            ("network", self.network.map { .string($0) } ?? .null),
            ("last_dial_error", self.lastDialFailure.map { .string($0) } ?? .null),
            ("clock_offset_ms", self.clockOffsetMilliseconds.map { .integer($0) } ?? .null),
        ])
    }
}

extension Scores.Entry {
    var json: JSONValue {
        .object([
            ("identity", .string(self.identity.hex)),
            ("overall", .integer(self.overall.millionths)),
            ("observations", .integer(Int64(self.observations))),
            ("active", .bool(self.isActive)),
        ])
    }
}

extension ScoreHistory.Entry {
    var json: JSONValue {
        .object([
            ("at", .integer(self.at.milliseconds)),
            ("cause", .string(self.cause)),
            ("change", .integer(self.changeMillionths)),
            ("after", .integer(self.after.millionths)),
        ])
    }
}

extension IdentityKeys.Reply {
    private var labelMembers: [(String, JSONValue)] {
        zip(self.keys, self.labels).compactMap { key, label in
            label.map { (key.hex, .string($0)) }
        }
    }

    var json: JSONValue {
        .object([
            ("key", .string(self.key.hex)),
            ("identity", .string(self.identity.hex)),
            ("did", .string(self.identity.did)),
            ("keys", .array(self.keys.map { .string($0.hex) })),
            ("labels", .object(self.labelMembers)),
            ("suspended", .bool(self.isSuspended)),
            ("rotated_to", self.rotatedTo.map { .string($0.hex) } ?? .null),
            ("revoked_by", self.revokedBy.map { .string($0.hex) } ?? .null),
            ("revoked_from", self.revokedFrom.map { .integer($0.milliseconds) } ?? .null),
        ])
    }
}
