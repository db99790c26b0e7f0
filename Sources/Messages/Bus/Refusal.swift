public import Primitives

/// Why a message was refused, with the text a local caller sees.
public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// Stable machine-readable cause; the raw value is the error code of the local API.
    public enum Code: String, Sendable, CaseIterable {
        /// Not strict JSON, or an envelope member is missing or of the wrong form (D-03, D-04).
        case malformed
        /// Longer or deeper than what a page of sync can carry, although it may be valid (ADR 0037).
        case tooLarge = "too_large"
        /// The payload breaks its type's schema or limits (D-84).
        case schema
        /// `id` is not the hash of the signing body (R-02-015).
        case wrongID = "wrong_id"
        /// The Ed25519 signature does not hold (D-05).
        case badSignature = "bad_signature"
        /// Outside the time window of its channel (D-16).
        case outsideTimeWindow = "outside_time_window"
        /// Not the topic of its type (R-02-028).
        case wrongTopic = "wrong_topic"
        /// A version that this node does not accept (D-87).
        case unknownVersion = "unknown_version"
        /// An unknown type over its sender's hourly budget (§14).
        case unknownType = "unknown_type"
        /// Known already; not an offence.
        case duplicate
        /// The sending key was revoked, rotated out or banned.
        case keyNotValid = "key_not_valid"
        /// A limit that follows from signed timestamps (D-20).
        case rateLimited = "rate_limited"
        /// The proof of delay does not hold (D-80).
        case invalidProof = "invalid_proof"
        /// A rule of the message's own type forbids it.
        case rule
        /// Own message: it is about a proposal, or a request, that this node does not know.
        case unknownProposal = "unknown_proposal"
        /// Own message: it answers a request that this node does not know.
        case unknownRequest = "unknown_request"
        /// Own message: it answers a comment that this node does not know there.
        case unknownComment = "unknown_comment"
        /// Own message: the node's score is below the gate, so it would not count (D-51).
        case belowGate = "below_gate"
        /// Own message: the node has not synced far enough to say this (D-35).
        case notSynced = "not_synced"
        /// Own message: it is late by the clocks of peers, though not by the own one (ADR 0034).
        case clockBehind = "clock_behind"
        /// The peer has not authenticated yet (R-03-011).
        case unauthenticated
        /// Own message: somebody else signs with this node's key (ADR 0039).
        case keyUsedElsewhere = "key_used_elsewhere"
        /// An announcement of a node of another network, which is not counted in this one (D-36).
        case otherNetwork = "other_network"
        /// The node has no room now; the message may come again.
        case busy
    }

    /// Machine-readable cause.
    public let code: Code
    /// Cause and next step in words.
    public let detail: String
    /// From when on the same may be said again; nil when time alone does not help.
    public let retryAt: Timestamp?

    /// Describes a refusal.
    public init(_ code: Code, _ detail: String, retryAt: Timestamp? = nil) {
        self.code = code
        self.detail = detail
        self.retryAt = retryAt
    }

    /// Whether the relaying peer should have noticed: it is then penalised, else merely ignored.
    public var blamesRelay: Bool {
        switch self.code {
        case .malformed, .schema, .wrongID, .badSignature, .wrongTopic, .invalidProof: true
        case .tooLarge, .outsideTimeWindow, .unknownVersion, .unknownType, .duplicate,
            .keyNotValid, .rateLimited, .rule, .unknownProposal, .unknownRequest, .unknownComment,
            .belowGate, .notSynced, .clockBehind,
            .unauthenticated, .keyUsedElsewhere, .otherNetwork, .busy:
            false
        }
    }

    /// The text form.
    public var description: String { "\(self.code.rawValue): \(self.detail)" }
}
