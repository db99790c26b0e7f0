import Kernel
import Messages
import Primitives

// Why a request does not succeed, in the words that its caller reads.
extension APIResponse {
    /// More requests are under way than this node serves.
    static let busy = APIResponse(
        status: 503,
        code: "busy",
        detail: "too many requests are under way; try again later"
    )

    /// The time of the request is up.
    static let late = APIResponse(
        status: 504,
        code: "timeout",
        detail: "no outcome in time; see `valence-node status`"
    )

    /// The time of the request is up, but what it asked for happens all the same.
    static func undecided(_ reason: String) -> APIResponse {
        let detail =
            "the message is signed and waits for the disk (\(reason)); it is stored as soon as "
            + "there is room. Do not send it again."
        return APIResponse(status: 504, code: "undecided", detail: detail)
    }

    /// The key of a request was sent with another one.
    static let keyReused = APIResponse(
        status: 422,
        code: "idempotency_key_reused",
        detail: "this Idempotency-Key was sent with another request; choose a new one for each"
    )

    /// The request with this key has no outcome yet.
    static func keyInUse(now: Timestamp) -> APIResponse {
        APIResponse(
            status: 409,
            code: "idempotency_key_in_use",
            detail: "the request with this Idempotency-Key is under way; ask again in a second",
            retryAt: now.adding(milliseconds: APILimits.runningMilliseconds)
        )
    }

    /// A subsystem that is plugged in did not answer in time.
    static func unanswered(by name: SubsystemName) -> APIResponse {
        let detail = "the \(name) subsystem did not answer in time; see `valence-node status`"
        return APIResponse(status: 504, code: "timeout", detail: detail)
    }

    /// A subsystem that the request needs is not plugged in.
    static func absent(_ name: SubsystemName) -> APIResponse {
        let detail = "this node runs without its \(name.rawValue) subsystem"
        return APIResponse(status: 501, code: "absent_subsystem", detail: detail)
    }

    /// Nobody is plugged in who could sign a message.
    static let unsigned = APIResponse(
        status: 501,
        code: "absent_subsystem",
        detail: "this node runs without its Identity subsystem and cannot sign"
    )

    /// The answer to what cannot be stored.
    static func storageStopped(_ reason: String) -> APIResponse {
        APIResponse(status: 507, code: "storage_stopped", detail: reason)
    }

    /// The answer when this node has no part in the contract that it is to leave.
    static func noPart(_ failure: ContentFailure) -> APIResponse {
        APIResponse(status: 409, code: "no_part", detail: failure.detail)
    }

    /// The answer to a question about a proposal that this node does not have.
    static let unknownProposal = APIResponse(
        status: 404,
        code: "unknown_proposal",
        detail: "no proposal with this id; see `valence-node proposal list`"
    )

    /// The answer to a question about a key of which this node never heard.
    static let unknownIdentity = APIResponse(
        status: 404,
        code: "unknown_identity",
        detail: "this node never heard of this key; see `valence-node rep list` for those that it "
            + "knows"
    )

    /// The answer to a question about a request that this node does not have.
    static let unknownRequest = APIResponse(
        status: 404,
        code: "unknown_request",
        detail: "no request with this id; see `valence-node request list`"
    )

    /// A request that cannot be understood.
    package static func unclear(_ detail: String) -> APIResponse {
        APIResponse(status: 400, code: "bad_request", detail: detail)
    }

    /// The answer to a question that no plugged-in subsystem serves.
    static let unknownExtension = APIResponse(
        status: 404,
        code: "unknown_extension",
        detail: "no subsystem of this node serves this operation"
    )

    /// An own message ended before acceptance.
    init(_ refusal: Refusal, of message: MessageID? = nil) {
        self.init(
            status: refusal.code.status,
            code: refusal.code.rawValue,
            detail: refusal.detail,
            retryAt: refusal.retryAt,
            message: message,
            rule: refusal.code.rule,
            remedy: refusal.code.remedy
        )
    }

    /// An artefact could not be kept, or could not be had.
    init(_ failure: ContentFailure) {
        if let refusal = failure.refusal {
            self.init(refusal)
        } else if failure.isOfDisk {
            self = .storageStopped(failure.detail)
        } else {
            self.init(status: 422, code: "content_unavailable", detail: failure.detail)
        }
    }
}

extension Refusal.Code {
    /// The HTTP status that goes with it, for own messages and in what the node says of itself.
    var status: Int {
        switch self {
        case .malformed: 400
        case .unknownProposal, .unknownRequest, .unknownComment: 404
        case .tooLarge: 413
        case .rateLimited: 429
        case .busy, .notSynced: 503
        case .schema, .wrongID, .badSignature, .outsideTimeWindow, .wrongTopic, .unknownVersion,
            .unknownType, .duplicate, .keyNotValid, .invalidProof, .rule, .belowGate, .clockBehind,
            .unauthenticated, .keyUsedElsewhere, .otherNetwork:
            422
        }
    }
}

extension ProposalView {
    /// Why the proposal cannot be adopted now; nil when it can.
    func obstacle(now: Timestamp) -> APIResponse? {
        if self.isAdopted {
            return APIResponse(
                status: 409,
                code: "already_adopted",
                detail: "this node adopted it before"
            )
        }
        guard self.state == .ratified else {
            return APIResponse(
                status: 409,
                code: "not_ratified",
                detail: "not ratified: \(self.standing(now: now)); see "
                    + "`valence-node proposal show \(self.message.id)`"
            )
        }
        return nil
    }
}
