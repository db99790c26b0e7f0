public import Primitives

/// What this node's own people were told that no message says; written down, so that events follow from the
/// log alone (ADR 0056).
public enum Notice: Fact {
    /// A proposal on which this node's identity may vote, and how much that would weigh.
    public struct Ballot: Sendable, Equatable {
        /// The PROPOSE message.
        public let proposal: MessageID
        /// Its title, as its author wrote it, cut.
        public let title: String
        /// When voting ends.
        public let deadline: Timestamp
        /// What a vote would weigh.
        public let weight: FixedPoint
        /// Describes it.
        public init(
            proposal: MessageID,
            title: String,
            deadline: Timestamp,
            weight: FixedPoint
        ) {
            self.proposal = proposal
            self.title = title
            self.deadline = deadline
            self.weight = weight
        }
    }

    /// A proposal waits for a vote of this node.
    case open(Ballot)
    /// It still does, and voting ends within a day.
    case closing(Ballot)
    /// The own score, after a change that one would notice.
    case score(FixedPoint)
    /// An own message was refused, with the code of the refusal.
    case refused(MessageID?, code: String)

    package static var kinds: [FactKind] {
        [.ballotOpen, .ballotClosing, .ownScore, .ownRefused]
    }

    package var kind: FactKind {
        switch self {
        case .open: .ballotOpen
        case .closing: .ballotClosing
        case .score: .ownScore
        case .refused: .ownRefused
        }
    }

    package init(_ kind: FactKind, reading body: PayloadReader) throws(SchemaError) {
        switch kind {
        case .ballotOpen: self = .open(try Ballot(reading: body))
        case .ballotClosing: self = .closing(try Ballot(reading: body))
        case .ownScore: self = .score(try body.amount("score"))
        default: self = .refused(try body.optionalID("message_id"), code: try body.text("code"))
        }
    }

    package func write(to body: inout PayloadWriter) {
        switch self {
        case .open(let ballot), .closing(let ballot):
            body.set("proposal_id", ballot.proposal)
            body.set("title", ballot.title)
            body.set("deadline", ballot.deadline)
            body.set("weight", ballot.weight)
        case .score(let score): body.set("score", score)
        case .refused(let message, let code):
            body.setOrNull("message_id", message)
            body.set("code", code)
        }
    }
}

extension Notice.Ballot {
    init(reading body: PayloadReader) throws(SchemaError) {
        self.init(
            proposal: try body.id("proposal_id"),
            title: try body.text("title"),
            deadline: try body.timestamp("deadline"),
            weight: try body.amount("weight")
        )
    }
}
