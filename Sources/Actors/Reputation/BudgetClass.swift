import Identities
import Messages

/// Types of messages that share a budget (ADR 0037).
enum BudgetClass: UInt8, CaseIterable, Sendable, Codable {
    /// Links, revocations and rotations.
    case keys
    /// Notices of contradicting rotations, which anybody can give cause for.
    case notices
    /// What people write: requests, proposals and what is said about them.
    case words
    /// Votes and adoptions.
    case ballots
    /// What nodes say by themselves all day: announcements and assessments.
    case upkeep
    /// Shares, flags, copies and rents.
    case market
    /// Types that the protocol does not know; they are relayed, and kept if a plugged-in subsystem judges
    /// them.
    case unknown

    /// The class of a type; nil for what travels between two nodes and is not kept.
    init?(_ type: MessageType?) {
        switch type {
        case nil: self = .unknown
        case .keyRotate, .didLink, .didRevoke: self = .keys
        case .keyConflict: self = .notices
        case .request, .propose, .withdraw, .comment: self = .words
        case .vote, .adopt: self = .ballots
        case .peerAnnounce, .reputationGossip: self = .upkeep
        case .share, .flag, .challengeResult, .replicateRequest, .replicateAccept, .copyAssignment,
            .copyReceived, .rentPayment, .rentTransfer, .rentTransferAck, .contentWithdraw:
            self = .market
        case .authChallenge, .authResponse, .peerListRequest, .peerListResponse, .syncRequest,
            .syncResponse, .storageChallenge, .storageProof, .copyQuery, .copyQueryResponse,
            .contentRequest, .contentResponse, .stateSnapshot:
            return nil
        }
    }

    /// Whether the budget is each key's own: which identity a key belongs to is what these messages
    /// are about, and a stolen key must not be able to use up what its root revokes it with.
    var isByKey: Bool { self == .keys || self == .notices }
}

/// How much is allowed in a rolling day.
struct Allowance: Sendable, Equatable {
    let count: Int
    let bytes: Int
}

/// What was used up.
struct Tally: Sendable, Equatable, Codable {
    private(set) var count = 0
    private(set) var bytes = 0

    static func + (one: Self, other: Self) -> Self {
        Self(count: one.count + other.count, bytes: one.bytes + other.bytes)
    }

    static func += (sum: inout Self, more: Self) { sum = sum + more }

    static func - (one: Self, other: Self) -> Self {
        Self(count: one.count - other.count, bytes: one.bytes - other.bytes)
    }

    /// One message of a length.
    static func message(_ bytes: Int) -> Self { Self(count: 1, bytes: bytes) }

    func fits(_ allowance: Allowance) -> Bool {
        self.count <= allowance.count && self.bytes <= allowance.bytes
    }
}

extension Tally: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("count", self.count)
        writer.field("bytes", self.bytes)
    }
}
