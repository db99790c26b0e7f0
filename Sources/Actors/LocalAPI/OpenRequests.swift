import Doors
import Messages
import OrderedCollections
import Primitives

/// The requests under way: what each waits for, and until when.
struct OpenRequests: Sendable {
    /// What a request waits for.
    enum Waiting: Sendable, Equatable {
        /// The parts of a status report.
        case status(StatusReport)
        /// The answer to one query.
        case answer
        /// A page of a list with so many entries at most.
        case page(limit: Int)
        /// The keys of an identity that somebody names.
        case identity(NodeID)
        /// Whether anything was heard of a key that no message about keys names; then this is the
        /// answer.
        case acquaintance(APIResponse)
        /// A single proposal.
        case proposal
        /// A single proposal, of which the reasons are wanted.
        case reasons
        /// What became of a message.
        case inquiry(Inquiry)
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
        /// What would become of an own message.
        case dryRun
        /// How many peers hear a durable message of this node.
        case audience(of: DurableMessage)
        /// The artefact to be on disk.
        case shareContent
        /// The own score, before copies are asked for with this.
        case replication(ReplicateRequest)
        /// The own score, and then what this node has to do with the storage market.
        case dealings
        /// The SHARE of the artefact to be durable.
        case shareMessage(ContentHash)
        /// The proposal to be adopted.
        case adoptionLookup(MessageID)
        /// The proposal whose ADOPT message an earlier attempt left in the log.
        case adoptionAgain(MessageID, MessageID)
        /// The artefact of the proposal to be adopted.
        case adoptionContent(MessageID, ContentHash)
        /// The artefact of a proposal that an earlier attempt adopted with this message.
        case adoptedBefore(MessageID, ContentHash, MessageID)
        /// The ADOPT message to be durable.
        case adoptionMessage(MessageID, ContentHash, path: String)
        /// The fact of the adoption to be durable; then this is the answer.
        case adoptionFact(MessageID, APIResponse)

        /// What a request waits for first.
        ///
        /// - Parameters:
        ///   - call: what is asked for.
        ///   - report: a report without its parts, for calls that want one.
        init(for call: APICall, _ report: @autoclosure () -> StatusReport) {
            self =
                switch call {
                case .status, .briefStatus: .status(report())
                case .adopt(let proposal): .adoptionLookup(proposal)
                case .publish, .vote: .message
                case .identity(let key?): .identity(key)
                case .proposal: .proposal
                case .reasons: .reasons
                case .request: .request
                case .artefact: .artefactLookup
                case .fetch(let hash): .offers(hash)
                case .share, .replicate: .shareContent
                case .storage: .dealings
                case .requests(let limit, _), .proposals(let limit, _),
                    .find(_, _, let limit, _):
                    .page(limit: limit)
                case .dryRun(let act): Self(for: act, report())
                case .readiness, .identity, .network, .peers, .reputations, .reputation, .downloads,
                    .leave,
                    .offerStorage, .verify, .inbox, .events, .plugged, .explain:
                    .answer
                }
        }

        /// Whether the outcome is a commit: what was signed cannot be taken back.
        fileprivate var isForCommit: Bool {
            switch self {
            case .message, .shareMessage, .adoptionMessage, .adoptionFact: true
            case .status, .answer, .page, .audience, .identity, .acquaintance, .proposal, .reasons,
                .inquiry, .request, .artefactLookup, .closing,
                .artefactContent, .offers, .shareContent, .replication, .dealings, .adoptionLookup,
                .adoptionAgain, .adoptionContent, .adoptedBefore, .dryRun:
                false
            }
        }
    }

    private struct Request: Sendable {
        var waiting: Waiting
        let deadline: Timestamp
        /// What its caller should know although it succeeds.
        var warning: String?
        /// What is known of the message where only that is asked for; nil where it is sent.
        var dryRun: DryRun?
    }

    private var requests: OrderedDictionary<RequestID, Request> = [:]

    /// Whether nobody waits for an answer.
    var isEmpty: Bool { self.requests.isEmpty }

    /// What a request waits for; nil when it is answered already.
    subscript(id: RequestID) -> Waiting? { self.requests[id]?.waiting }

    /// Registers a request; false when too many are under way.
    mutating func begin(
        _ id: RequestID,
        _ waiting: Waiting,
        now: Timestamp,
        dryRun: DryRun? = nil
    ) -> Bool {
        guard self.requests.count < APILimits.requestsMax else { return false }
        let deadline = now.adding(milliseconds: APILimits.requestMilliseconds)
        self.requests[id] = Request(waiting: waiting, deadline: deadline, dryRun: dryRun)
        return true
    }

    /// The request now waits for something else.
    mutating func advance(_ id: RequestID, to waiting: Waiting) {
        self.requests[id]?.waiting = waiting
    }

    /// The caller is told this with the answer, if the request succeeds.
    mutating func warn(_ warning: String?, _ id: RequestID) {
        self.requests[id]?.warning = warning
    }

    /// What is known of the message that a request would send; nil when it does send one.
    func dryRun(_ id: RequestID) -> DryRun? { self.requests[id]?.dryRun }

    /// More is known of it.
    ///
    /// - Returns: what follows; nil when the request is answered already.
    mutating func rehearse(_ id: RequestID, _ event: (inout DryRun) -> DryRun.Step)
        -> DryRun.Step?
    {
        guard var dryRun = self.requests[id]?.dryRun else { return nil }
        let step = event(&dryRun)
        self.requests[id]?.dryRun = dryRun
        return step
    }

    /// What the caller of a request is told although it succeeds.
    func warning(to id: RequestID) -> String? { self.requests[id]?.warning }

    /// The request is answered.
    ///
    /// - Returns: whether it was not before.
    mutating func end(_ id: RequestID) -> Bool { self.requests.removeValue(forKey: id) != nil }

    /// Ends the requests whose time is up.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - reason: why nothing can be stored now; nil while the log writes.
    /// - Returns: them, with what is true of each.
    mutating func expire(now: Timestamp, logStoppedBecause reason: String?)
        -> [(id: RequestID, answer: APIResponse)]
    {
        let late = self.requests.filter { $0.value.deadline <= now }
        for id in late.keys { self.requests[id] = nil }
        return late.map { id, request in
            if case .audience(let message) = request.waiting {
                return (id, message.outcome(warning: request.warning))
            }
            guard let reason, request.waiting.isForCommit else { return (id, .late) }
            return (id, .undecided(reason))
        }
    }

    /// What is shown of a list, and its last entry if there are more behind it.
    func page<Entry>(_ entries: [Entry], _ id: RequestID) -> (shown: [Entry], last: Entry?) {
        guard case .page(let limit) = self[id], entries.count > limit else {
            return (entries, nil)
        }
        let shown = Array(entries.prefix(limit))
        return (shown, shown.last)
    }

    /// Requests whose adoption is durable now, with their answers.
    func adopted(_ proposal: MessageID) -> [(id: RequestID, answer: APIResponse)] {
        self.requests.compactMap { id, request in
            guard case .adoptionFact(proposal, let answer) = request.waiting else { return nil }
            return (id, answer)
        }
    }

    /// Adds a part to a status report, or leaves one out.
    ///
    /// - Returns: the report when it is complete; nil as well when the request wants none.
    mutating func report(_ id: RequestID, _ event: (inout StatusReport) -> Void) -> StatusReport? {
        guard case .status(var report) = self.requests[id]?.waiting else { return nil }
        event(&report)
        self.requests[id]?.waiting = .status(report)
        return report.open == 0 ? report : nil
    }
}
