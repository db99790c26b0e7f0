import Doors
import Messages
import Primitives

/// What became of one message here, by which rule, and what would help.
struct MessageExplanation: Record {
    /// What became of it.
    enum Outcome: String, Shown, CaseIterable {
        /// It is in the log and counts.
        case counted
        /// It is in the log and does not count here.
        case notCounted = "not_counted"
        /// It is in the log; nothing is counted of it.
        case kept
        /// It is in the log and waits for what it is about.
        case waiting
        /// It was not taken.
        case refused
    }

    private let id: MessageID
    private var type: String?
    private var from: NodeID?
    private var timestamp: Timestamp?
    private var about: MessageID?
    private let outcome: Outcome
    private var code: String?
    private var rule: String?
    private let because: String
    private var remedy: String?
    private var weight: FixedPoint?
    private var refusedAt: Timestamp?
    private var retryAt: Timestamp?

    static let about = "What became of one message here, by which rule, and what would help."
    static let fields: [Field<MessageExplanation>] = messageFields + verdictFields

    private static let messageFields: [Field<MessageExplanation>] = [
        Field("id", "The message.") { $0.id },
        Field("type", "Its type; null where it is not kept.") { $0.type }.inOwnWords,
        Field("from", "The key that signed it.") { $0.from },
        Field("timestamp", "When it was signed.") { $0.timestamp },
        Field("about", "The proposal or request that it is about.") { $0.about },
    ]

    private static let verdictFields: [Field<MessageExplanation>] = [
        Field("outcome", "What became of it.") { $0.outcome },
        Field("code", "The cause for programs, of a refusal.") { $0.code }.inOwnWords,
        Field("rule", "The section, requirement or decision that it follows from.") { $0.rule }
            .inOwnWords,
        Field("because", "The cause in words, with its figures.") { $0.because },
        Field("remedy", "What would help, in a sentence.") { $0.remedy }.inOwnWords,
        Field("weight", "What a vote weighs.") { $0.weight },
        Field("refused_at", "When it was refused last.") { $0.refusedAt },
        Field("retry_at", "From when on the same may be said again.") { $0.retryAt },
    ]
}

extension MessageExplanation {
    /// A message that was refused.
    init(_ id: MessageID, _ refused: PastRefusal) {
        self.id = id
        self.outcome = .refused
        self.code = refused.refusal.code.rawValue
        self.rule = refused.refusal.code.rule
        self.because = refused.refusal.detail
        self.remedy = refused.refusal.code.remedy
        self.refusedAt = refused.at
        self.retryAt = refused.refusal.retryAt
    }

    private init(
        _ message: Message,
        _ outcome: Outcome,
        _ because: String,
        rule: String? = nil,
        remedy: String? = nil,
        weight: FixedPoint? = nil
    ) {
        self.id = message.id
        self.type = message.typeName
        self.from = message.from
        self.timestamp = message.timestamp
        self.about = message.subject
        self.outcome = outcome
        self.because = because
        self.rule = rule
        self.remedy = remedy
        self.weight = weight
    }

    /// A message of which nothing is counted.
    init(kept message: Message) {
        self.init(
            message,
            .kept,
            "It is in the log of this node. What it does to scores is shown by `valence-node rep "
                + "explain`, what it does to copies by `valence-node storage status`."
        )
    }

    /// A message about something that has not arrived.
    init(waiting message: Message) {
        let target = message.subject.map { "\($0)" } ?? "what it is about"
        self.init(
            message,
            .waiting,
            "It is about \(target), which this node does not have; it counts once that has arrived.",
            rule: "R-14-005, D-88",
            remedy:
                "This node asks its peers for it; `valence-node peer list` shows whether it has any."
        )
    }

    /// A request, or a comment on one.
    init(_ message: Message, on view: RequestView) {
        guard case .comment = message.payload else {
            let text =
                view.isExpired
                ? "It is past its `expires`, so lists leave it out." : "It is listed."
            self.init(message, view.isExpired ? .notCounted : .counted, text)
            return
        }
        self.init(message, comment: view.threads)
    }

    /// A proposal, or what is said about one.
    init(_ message: Message, on view: ProposalView, now: Timestamp) {
        switch message.payload {
        case .vote: self.init(message, voteOn: view)
        case .comment: self.init(message, comment: view.threads)
        case .adopt:
            self.init(message, .counted, "It is in the list of adoptions of the proposal.")
        case .withdraw:
            let holds = view.state == .withdrawn
            let text =
                holds ? "The proposal is withdrawn." : "The proposal is \(view.state.rawValue)."
            self.init(message, holds ? .counted : .notCounted, text)
        default: self.init(message, proposal: view, now: now)
        }
    }

    private init(_ message: Message, proposal view: ProposalView, now: Timestamp) {
        let id = view.message.id
        let why = "Which bars it has passed: `valence-node proposal why \(id)`."
        if let objection = view.objection {
            self.init(
                message,
                .notCounted,
                "It is not put to the vote here: \(objection).",
                remedy: why
            )
        } else {
            let standing = view.standing(now: now)
            self.init(message, .counted, "It is \(view.state.rawValue): \(standing).", remedy: why)
        }
    }

    private init(_ message: Message, voteOn view: ProposalView) {
        if let vote = view.votes.first(where: { $0.voteID == message.id }) {
            guard let reason = vote.notCountedBecause else {
                let text = "It counts: \(vote.stance), weight \(vote.weight)."
                self.init(message, .counted, text, weight: vote.weight)
                return
            }
            self.init(message, .notCounted, reason, rule: vote.rule, remedy: vote.remedy)
            return
        }
        if let decided = view.decidedAt {
            self.init(
                message,
                .notCounted,
                "It is not among the votes of the decision that this node took at \(decided.text): "
                    + "it arrived later, or another vote of the same identity stands.",
                rule: "R-08-002, D-55",
                remedy: "Nothing; what is decided is not counted again for single votes."
            )
            return
        }
        self.init(
            message,
            .notCounted,
            "Another vote of the same identity stands: the last one stamped before the deadline counts.",
            rule: "R-08-002",
            remedy: "Nothing, unless the stance is to change; then vote again before "
                + "\(view.proposal.votingDeadline.text)."
        )
    }

    private init(_ message: Message, comment threads: [CommentView]) {
        guard let view = threads.first(where: { $0.message.id == message.id }) else {
            self.init(
                message,
                .notCounted,
                "It is not in the thread that this node keeps.",
                rule: "D-76"
            )
            return
        }
        guard let reason = view.hiddenBecause else {
            self.init(message, .counted, "It is shown.")
            return
        }
        self.init(
            message,
            .notCounted,
            "It is not shown by default: \(reason).",
            rule: "D-76",
            remedy: "`valence-node rep explain` shows which score permits what."
        )
    }
}

extension Message {
    /// The proposal or request that it is about.
    fileprivate var subject: MessageID? {
        switch self.payload {
        case .vote(let vote): vote.proposalID
        case .withdraw(let withdrawal): withdrawal.proposalID
        case .adopt(let adoption): adoption.proposalID
        case .comment(let comment): comment.targetID
        default: nil
        }
    }
}

extension APIResponse {
    /// The answer to a question about a message that this node neither has nor remembers to have refused.
    static func unknownMessage(_ memory: RefusalMemory) -> APIResponse {
        let hours = memory.milliseconds / 3_600_000
        let detail =
            "this node has no message with this id, and does not remember to have refused one; it keeps "
            + "what it took in its log, and the last \(memory.ownMax) refusals of own messages and "
            + "\(memory.othersMax) of others for \(hours) hours, until it restarts"
        return APIResponse(status: 404, code: "unknown_message", detail: detail)
    }
}
