import Kernel
import Messages
import OrderedCollections
import Primitives

/// The rules of the local API: what each request waits for, and how it is answered.
struct LocalAPIStateMachine: Sendable {
    /// What a request waits for.
    enum Waiting: Sendable, Equatable {
        /// The parts of a status report.
        case status(StatusReport)
        /// The answer to one query.
        case answer
        /// The keys of an identity that somebody names.
        case identity(NodeID)
        /// Whether anything was heard of a key that no message about keys names; then this is the
        /// answer.
        case acquaintance(APIResponse)
        /// A single proposal.
        case proposal
        /// A single request of the network.
        case request
        /// The proposal whose artefact is wanted.
        case artefactLookup
        /// An artefact that the proposal does not carry.
        case artefactContent(ContentHash)
        /// The proposal that is the best source of an artefact.
        case offers(ContentHash)
        /// When the vote closes that the own message is about, asked because the clock is off.
        case closing(MessageType, JSONValue)
        /// An own message to be durable.
        case message
        /// How many peers hear a durable message of this node.
        case audience(of: MessageID)
        /// The artefact to be on disk.
        case shareContent
        /// The SHARE of the artefact to be durable.
        case shareMessage(ContentHash)
        /// The proposal to be adopted.
        case adoptionLookup(MessageID)
        /// The artefact of the proposal to be adopted.
        case adoptionContent(MessageID, ContentHash)
        /// The ADOPT message to be durable.
        case adoptionMessage(MessageID, ContentHash, path: String)
        /// The fact of the adoption to be durable; then this is the answer.
        case adoptionFact(MessageID, APIResponse)
    }

    private struct Request: Sendable {
        var waiting: Waiting
        let deadline: Timestamp
        /// What its caller should know although it succeeds.
        var warning: String?

        /// Whether the outcome is a commit: what was signed cannot be taken back.
        var dependsOnCommit: Bool {
            switch self.waiting {
            case .message, .shareMessage, .adoptionMessage, .adoptionFact: true
            case .status, .answer, .audience, .identity, .acquaintance, .proposal, .request,
                .artefactLookup, .closing,
                .artefactContent, .offers, .shareContent, .adoptionLookup, .adoptionContent:
                false
            }
        }
    }

    /// The condition of the node, as far as requests depend on it.
    var node: NodeCondition
    private var requests: OrderedDictionary<RequestID, Request> = [:]

    init(about: NodeAbout? = nil) { self.node = NodeCondition(about: about) }

    /// Registers a request; false when too many are under way.
    mutating func begin(_ id: RequestID, _ waiting: Waiting, now: Timestamp) -> Bool {
        guard self.requests.count < APILimits.requestsMax else { return false }
        let deadline = now.adding(milliseconds: APILimits.requestMilliseconds)
        self.requests[id] = Request(waiting: waiting, deadline: deadline)
        return true
    }

    /// What a request waits for; nil when it is answered already.
    func waiting(_ id: RequestID) -> Waiting? { self.requests[id]?.waiting }

    /// The request now waits for something else.
    mutating func advance(_ id: RequestID, to waiting: Waiting) {
        self.requests[id]?.waiting = waiting
    }

    /// The caller is told this with the answer, if the request succeeds.
    mutating func warn(_ warning: String?, _ id: RequestID) {
        self.requests[id]?.warning = warning
    }

    /// The answer to a request whose message is durable.
    ///
    /// - Parameters:
    ///   - message: what was signed.
    ///   - id: the request.
    ///   - peers: how many hear it; nil when that is not known.
    /// - Returns: the object that the caller gets.
    func published(_ message: MessageID, by id: RequestID, heardBy peers: Int? = nil) -> JSONValue {
        let warnings = self.requests[id]?.warning.map { [JSONValue.string($0)] } ?? []
        let audience = peers.map { [("peers", JSONValue.integer(Int64($0)))] } ?? []
        return .object(
            [("id", .string(message.hex))] + audience + [("warnings", .array(warnings))]
        )
    }

    /// The request is answered.
    mutating func end(_ id: RequestID) {
        self.requests[id] = nil
    }

    /// Whether somebody waits for an answer.
    var hasRequests: Bool { !self.requests.isEmpty }

    /// Ends the requests whose time is up, and returns them with what is true of each.
    mutating func expire(now: Timestamp) -> [(id: RequestID, answer: APIResponse)] {
        let late = self.requests.filter { $0.value.deadline <= now }
        for id in late.keys { self.requests[id] = nil }
        return late.map { ($0.key, self.lateAnswer(to: $0.value)) }
    }

    private func lateAnswer(to request: Request) -> APIResponse {
        guard let reason = self.node.logStoppedBecause, request.dependsOnCommit else {
            let detail = "no outcome in time; see `valence-node status`"
            return APIResponse(status: 504, code: "timeout", detail: detail)
        }
        let detail =
            "the message is signed and waits for the disk (\(reason)); it is stored as soon as "
            + "there is room. Do not send it again."
        return APIResponse(status: 504, code: "undecided", detail: detail)
    }

    /// Requests whose adoption is durable now, with their answers.
    func adopted(_ fact: LocalFact) -> [(id: RequestID, answer: APIResponse)] {
        guard let adoption = AdoptionFact(fact) else { return [] }
        return self.requests.compactMap { id, request in
            guard case .adoptionFact(adoption.proposal, let answer) = request.waiting else {
                return nil
            }
            return (id, answer)
        }
    }

    /// Adds a part to a status report and returns the report when it is complete.
    mutating func add(
        _ name: String,
        _ value: JSONValue,
        digest: Bytes32? = nil,
        to id: RequestID
    ) -> StatusReport? {
        guard case .status(var report) = self.requests[id]?.waiting else { return nil }
        report.add(name, value, digest: digest)
        self.requests[id]?.waiting = .status(report)
        return report.open == 0 ? report : nil
    }

    /// Leaves a part out of a status report and returns the report when it is complete.
    mutating func miss(_ name: SubsystemName, in id: RequestID) -> StatusReport? {
        guard case .status(var report) = self.requests[id]?.waiting else { return nil }
        report.miss(name)
        self.requests[id]?.waiting = .status(report)
        return report.open == 0 ? report : nil
    }

    /// A subsystem that is plugged in did not answer in time.
    static func unanswered(by name: SubsystemName) -> APIResponse {
        let detail = "the \(name) subsystem did not answer in time; see `valence-node status`"
        return APIResponse(status: 504, code: "timeout", detail: detail)
    }

    // MARK: Answers

    /// The answer to what cannot be stored.
    static func storageStopped(_ reason: String, status: Int = 507) -> APIResponse {
        APIResponse(status: status, code: "storage_stopped", detail: reason)
    }

    /// The answer to an own message that ended before acceptance.
    static func response(to refusal: Refusal) -> APIResponse {
        let status =
            switch refusal.code {
            case .malformed, .schema: 400
            case .unknownProposal, .unknownRequest, .unknownComment: 404
            case .tooLarge: 413
            case .rateLimited: 429
            case .busy, .notSynced: 503
            default: 422
            }
        return APIResponse(
            status: status,
            code: refusal.code.rawValue,
            detail: refusal.detail,
            retryAt: refusal.retryAt
        )
    }

    /// Why a proposal cannot be adopted now; nil when it can.
    static func obstacle(to adopting: ProposalView?, now: Timestamp) -> APIResponse? {
        guard let proposal = adopting else { return Self.unknownProposal }
        if proposal.isAdopted {
            return APIResponse(
                status: 409,
                code: "already_adopted",
                detail: "this node adopted it before"
            )
        }
        guard proposal.state == .ratified else {
            return APIResponse(
                status: 409,
                code: "not_ratified",
                detail: "not ratified: \(proposal.standing(now: now)); see "
                    + "`valence-node proposal show \(proposal.message.id)`"
            )
        }
        return nil
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

    /// The answer to a question that no plugged-in subsystem serves.
    static let unknownExtension = APIResponse(
        status: 404,
        code: "unknown_extension",
        detail: "no subsystem of this node serves this path"
    )

    /// The artefact that a proposal carries; nil when it carries none, or not what it names.
    static func artefact(in proposal: Propose) -> APIArtefact? {
        guard let bytes = proposal.contentInline,
            ContentHash(SHA256Digest.hash(bytes)) == proposal.contentHash
        else { return nil }
        return APIArtefact(hash: proposal.contentHash, source: .bytes(bytes))
    }
}
