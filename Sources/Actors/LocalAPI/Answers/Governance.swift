package import Doors
package import Messages
import Primitives

// Proposals and what was counted of them. All texts are strangers'.

extension ProposalState: Shown {}
extension Propose.Tier: Shown {}
extension Propose.Resolution.Kind: Shown {}
extension VotingMode: Shown {}
extension Vote.Stance: Shown {}

/// A proposal in lists: no inline bytes, no votes.
struct ProposalSummary: Record {
    let view: ProposalView
    let now: Timestamp

    static let about = "A proposal in outline."
    static let fields: [Field<ProposalSummary>] = identityFields + contentFields + standingFields

    private static let identityFields: [Field<ProposalSummary>] = [
        Field("id", "The PROPOSE message.") { $0.view.message.id },
        Field("author", "The identity that proposed it.") { $0.view.author },
        Field("timestamp", "When it was proposed.") { $0.view.message.timestamp },
        Field("title", "Its title.") { $0.view.proposal.title },
        Field("description", "A short description.") { $0.view.proposal.description },
        Field("tags", "Its tags.") { $0.view.proposal.tags },
        Field("request_id", "The request that it answers.") { $0.view.proposal.requestID },
        Field("supersedes", "The proposal that it replaces.") { $0.view.proposal.supersedes },
        Field("superseded_by", "Newer proposals that replace it.") { $0.view.supersededBy },
    ]

    private static let contentFields: [Field<ProposalSummary>] = [
        Field("content_hash", "SHA-256 of its artefact.") { $0.view.proposal.contentHash },
        Field("content_type", "Media type of its artefact.") { $0.view.proposal.contentType },
        Field("content_size", "Bytes of its artefact.") { $0.view.proposal.contentSize },
        Field("tier", "Which rules decide on it.") { $0.view.proposal.tier },
        Field("resolution", "What the vote decides beside the artefact.") {
            $0.view.proposal.resolution
        },
        Field("eol", "When the protocol version before a change ends.") { $0.view.proposal.eol },
    ]

    private static let standingFields: [Field<ProposalSummary>] = [
        Field("voting_deadline", "When voting ends.") { $0.view.proposal.votingDeadline },
        Field("decision_due", "When this node decides next.") { $0.view.decisionDue },
        Field("overdue", "Whether its decision is due and not taken yet.") {
            $0.view.isOverdue(at: $0.now)
        },
        Field("state", "Where it stands, as this node sees it.") { $0.view.state },
        Field("standing", "Where it stands, in a sentence.") { $0.view.standing(now: $0.now) }
            .inOwnWords,
        Field("adopted", "Whether this node adopted it.") { $0.view.isAdopted },
        Field("tally", "The votes added up.") { $0.view.tally },
        Field("missing", "Why it is not ratified.") { $0.view.missing }.inOwnWords,
    ]
}

/// Everything that the node knows of a proposal.
struct ProposalDetail: Record {
    let summary: ProposalSummary
    let warning: String?

    private var view: ProposalView { self.summary.view }

    static let about = "A proposal with its votes, comments and adoptions."
    static let fields: [Field<ProposalDetail>] =
        ProposalSummary.fields.map { $0.pullback(\.summary) } + [
            Field("body", "Its text, in Markdown.") { $0.view.proposal.body },
            Field("content_inline", "Whether it carries its artefact.") {
                $0.view.proposal.contentInline != nil
            },
            Field("content_url", "Where its artefact may be had, by its author's word.") {
                $0.view.proposal.contentURL
            },
            Field("claims", "What its author claims.") { $0.view.proposal.claims },
            Field("votes", "All votes on it.") { $0.view.votes },
            Field("adoptions", "Who adopted it.") { $0.view.adoptions },
            Field("comments", "All comments, each thread in order.") { $0.view.threads },
            Field("chain", "Older versions that it replaces, newest first.") {
                $0.view.supersedes
            },
            Field("outlook", "How far it is from being ratified.") { $0.view.outlook },
            Field("objection", "Why it is not put to the vote here, whoever endorses it.") {
                $0.view.objection
            },
            Field("decided_at", "When this node decided.") { $0.view.decidedAt },
            Field("archived", "Whether sync no longer offers it.") { $0.view.isArchived },
            .ifAny("reopening", "Why it is voted on once more.") { $0.view.reopening },
            .warnings("What to know before one acts on it.") { $0.warning },
        ]
}

extension ProposalView {
    /// What lists show.
    func summary(now: Timestamp) -> ProposalSummary { ProposalSummary(view: self, now: now) }

    /// Everything the node knows of the proposal.
    func detail(now: Timestamp, warning: String?) -> ProposalDetail {
        ProposalDetail(summary: self.summary(now: now), warning: warning)
    }
}

extension Reopening: Record {
    package static let about = "It was ratified, and a contradictory change stands."
    package static let fields: [Field<Reopening>] = [
        Field("winner", "The change that stands.") { $0.winner },
        Field("voting_ends", "Until when votes count here.") { $0.votingEnds },
    ]
}

extension Tally: Record {
    package static let about = "Votes added up, as this node counts them."
    package static let fields: [Field<Tally>] = [
        Field("voters", "Identities whose votes count.") { $0.voters },
        Field("endorse", "Reputation behind votes for it.") { $0.endorse },
        Field("reject", "Reputation behind votes against it.") { $0.reject },
        Field("abstain", "Reputation behind abstentions.") { $0.abstain },
        Field("quorum", "Reputation that must take part.") { $0.quorum },
        Field("threshold", "Share of endorsements that ratifies.") { $0.threshold },
    ]
}

extension VoteView: Record {
    package static let about = "One vote, as this node counts it."
    package static let fields: [Field<VoteView>] = [
        Field("identity", "Whose vote.") { $0.identity },
        Field("vote_id", "The VOTE message.") { $0.voteID },
        .formed("stance", "What it says.", Vote.Stance.schema) {
            .string($0.stance)
        },
        Field("weight", "What it weighs; 0 when it does not count.") { $0.weight },
        Field("not_counted_because", "Why it does not count.") { $0.notCountedBecause }.inOwnWords,
        Field("rule", "The rule by which it does not count.") { $0.rule }.inOwnWords,
        Field("remedy", "What would make it count.") { $0.remedy }.inOwnWords,
        Field("reason", "What the voter says for it.") { $0.reason },
    ]
}

extension AdoptionView: Record {
    package static let about = "One node's report of an adoption."
    package static let fields: [Field<AdoptionView>] = [
        Field("identity", "Who reports.") { $0.identity },
        Field("success", "Whether it worked.") { $0.success },
    ]
}

extension Propose.Claim: Record {
    package static let about = "What an author claims."
    package static let fields: [Field<Propose.Claim>] = [
        Field("statement", "The claim.") { $0.statement },
        Field("verifiable", "Whether others can check it.") { $0.isVerifiable },
        Field("evidence", "What speaks for it.") { $0.evidence },
    ]
}

extension Propose.Resolution: Record {
    package static let about = "What a vote decides beside the artefact."
    package static let fields: [Field<Propose.Resolution>] = [
        Field("kind", "Which kind of decision.") { $0.kind },
        .ifAny("content_hash", "The artefact that is meant.") { $0.contentHash },
        .ifAny("subject", "The key that is meant.") { $0.subject },
        .ifAny("successor", "The key that is to follow it.") { $0.successor },
        .ifAny("message_id", "The message that is meant.") { $0.messageID },
        .ifAny("name", "The parameter that is meant.") { $0.name },
        .ifAny("value", "Its new value.") { $0.value },
    ]
}

extension Outlook: Record {
    package static let about = "How far a proposal is from being ratified."
    package static let fields: [Field<Outlook>] = [
        Field("mode", "How votes are added up.") { $0.mode },
        Field("quorum_reached", "What took part so far.") { $0.quorumReached },
        Field("quorum_needed", "What must take part.") { $0.quorumNeeded },
        Field("voters_needed", "Identities that must vote at least.") { $0.votersNeeded },
        Field("ratio", "Share of endorsements so far.") { $0.ratio },
        Field("threshold", "The share that ratifies.") { $0.threshold },
        Field("endorsement_missing", "Endorsements that would reach it; null if none would.") {
            $0.endorsementMissing
        },
        .formed("margin", "The ratio above the threshold.", .nullable(.amount)) {
            $0.marginMillionths.shown
        },
        Field("close", "Whether a confirmation follows the deadline.") { $0.isClose },
        Field("active_identities", "Identities that were announced lately.") {
            $0.activeIdentities
        },
        Field("needs_half_of_heads", "Whether half of them have to vote besides.") {
            $0.needsHalfOfHeads
        },
        Field("effective_at", "When a ratification takes effect.") { $0.effectiveAt },
    ]
}

extension CommentView: Record {
    package static let about = "One comment in its thread."
    package static let fields: [Field<CommentView>] = [
        Field("id", "The COMMENT message.") { $0.message.id },
        Field("from", "The key that signed it.") { $0.message.from },
        Field("identity", "Its author.") { $0.identity },
        Field("timestamp", "When it was written.") { $0.message.timestamp },
        Field("depth", "Answers between it and the beginning of the thread.") { $0.depth },
        Field("hidden_because", "Why it is not shown by default.") { $0.hiddenBecause }.inOwnWords,
        .formed("payload", "What it says.", .map(.anything)) { $0.message.payloadValue },
    ]
}

/// One page of the proposals.
struct ProposalList: Record {
    let proposals: [ProposalSummary]
    let next: MessagePlace?

    static let about = "Proposals, newest first."
    static let fields: [Field<ProposalList>] = [
        Field("proposals", "The proposals.") { $0.proposals },
        .next { $0.next },
    ]
}
