import Messages
import Primitives

/// Why a vote does not count here (§8).
///
/// Decisions keep the words alone, and logs hold those of older versions, so that the words lead back to
/// the rule where they are one of ours.
enum VoteObjection: Equatable {
    /// The voter's score then.
    case belowGate(FixedPoint)
    case late
    case withdrawnBefore
    case revokedLately
    case keyRevoked

    private static let fixed: [VoteObjection] = [
        .late, .withdrawnBefore, .revokedLately, .keyRevoked,
    ]

    /// What the words of a decision stand for; nil when they are not ours.
    init?(_ text: String) {
        if let same = Self.fixed.first(where: { $0.text.utf8.elementsEqual(text.utf8) }) {
            self = same
            return
        }
        let words = text.split(separator: " ")
        let score = words.dropFirst().first.flatMap { FixedPoint(decimal: String($0.dropLast())) }
        guard let score, Self.belowGate(score).text.utf8.elementsEqual(text.utf8) else {
            return nil
        }
        self = .belowGate(score)
    }

    /// The reason in words.
    var text: String {
        switch self {
        case .belowGate(let score): "score \(score), voting needs \(Capability.vote.gate)"
        case .late: "stamped after the voting deadline"
        case .withdrawnBefore: "the proposal was withdrawn before"
        case .revokedLately: "the key was revoked less than 60 days before"
        case .keyRevoked: "the key was revoked with effect before"
        }
    }

    /// The rule that it follows from.
    var rule: String {
        switch self {
        case .belowGate: "R-08-004, D-47"
        case .late: "D-55"
        case .withdrawnBefore: "§7"
        case .revokedLately: "R-01-041"
        case .keyRevoked: "D-14"
        }
    }

    /// What would make the vote count, in a sentence.
    var remedy: String {
        switch self {
        case .belowGate:
            "Once its score has reached \(Capability.vote.gate), the identity can vote again before the "
                + "deadline; what it weighs is its score when it votes."
        case .late: "Nothing; votes are stamped before the deadline."
        case .withdrawnBefore: "Nothing; who still wants it proposes it anew."
        case .revokedLately:
            "Wait until the 60 days are over; they are to keep a lost key from voting twice."
        case .keyRevoked: "Vote with a key of the identity that was not revoked."
        }
    }
}
