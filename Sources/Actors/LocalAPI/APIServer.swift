public import Kernel
public import Messages
public import Primitives

/// The device of ``LocalAPI``: the HTTP server on loopback, or the simulator's caller.
public protocol APIServer: Sendable {
    /// Starts taking requests; called once, after replay.
    func start(reportingTo inlet: Inlet<APIRequestReceived>)
    /// Answers a request; every request gets exactly one answer.
    func respond(to request: RequestID, with response: APIResponse)
}

/// A request of a person or agent.
public struct APIRequestReceived: Signal {
    /// Names the request in the answer.
    public let id: RequestID
    /// What is asked for.
    public let call: APICall
    /// Puts a request together.
    public init(id: RequestID, call: APICall) {
        self.id = id
        self.call = call
    }
}

/// Everything that the local API can do.
public enum APICall: Sendable, Equatable {
    /// State of the node and digest over all subsystem states.
    case status
    /// Like ``status``, but refused while the node cannot store what it is told.
    case readiness
    /// The keys of an identity; nil asks about this node's own.
    case identity(NodeID?)
    /// The phase of the network's governance.
    case network
    /// The peer table.
    case peers
    /// Requests, newest first.
    case requests(limit: Int)
    /// One request with its comments and the proposals that answer it.
    case request(MessageID)
    /// Proposals, newest first.
    case proposals(limit: Int)
    /// One proposal with tally, votes, adoptions and comments.
    case proposal(MessageID)
    /// The artefact of a proposal in whatever state, as bytes.
    case artefact(MessageID)
    /// Scores of all known identities.
    case reputations
    /// One score with every entry that made it.
    case reputation(NodeID)
    /// Broadcast a message with this payload.
    case publish(MessageType, JSONValue)
    /// Vote; the node adds its own sync status (R-05-105).
    case vote(MessageID, stance: String, reason: String?)
    /// Fetch, verify and write the artefact of a ratified proposal, then say so to the network.
    case adopt(MessageID)
    /// Keep an upload and offer it with SHARE.
    case share(
        UploadedContent,
        contentType: String,
        filename: String?,
        description: String?,
        tags: [String]
    )
    /// Get an artefact by its hash into the blob directory.
    case fetch(ContentHash)
    /// What a plugged-in subsystem has to tell, by the path that it chose (ADR 0047).
    case plugged(String)

    /// Whether its outcome depends on a log that writes.
    var needsStorage: Bool {
        switch self {
        case .publish, .vote, .adopt, .share: true
        case .status, .readiness, .identity, .network, .peers, .requests, .request, .proposals,
            .proposal, .artefact, .reputations, .reputation, .fetch, .plugged:
            false
        }
    }
}

/// An artefact as an answer carries it; its bytes are a stranger's.
public struct APIArtefact: Sendable, Equatable {
    /// Where the verified bytes are.
    public enum Source: Sendable, Equatable {
        /// Here.
        case bytes([UInt8])
        /// In the blob directory.
        case file(path: String)
    }

    /// SHA-256 of the bytes.
    public let hash: ContentHash
    /// Where the verified bytes are.
    public let source: Source

    /// Names an artefact.
    public init(hash: ContentHash, source: Source) {
        self.hash = hash
        self.source = source
    }
}

/// The answer to a request.
public struct APIResponse: Sendable, Equatable {
    /// HTTP status code.
    public let status: Int
    /// A JSON object; for errors a problem document (RFC 9457).
    public let body: JSONValue
    /// What is answered in the place of the JSON object; nil for most.
    public let artefact: APIArtefact?

    /// An answer of status 200.
    public init(_ body: JSONValue) {
        self.status = 200
        self.body = body
        self.artefact = nil
    }

    /// An artefact, with status 200.
    public init(_ artefact: APIArtefact) {
        self.status = 200
        self.body = .object([("sha256", .string(artefact.hash.hex))])
        self.artefact = artefact
    }

    /// An error.
    ///
    /// - Parameters:
    ///   - status: HTTP status code, 400 or above.
    ///   - code: stable, machine-readable.
    ///   - detail: cause and next step in words.
    ///   - retryAt: from when on the same call may succeed, if that is known.
    public init(status: Int, code: String, detail: String, retryAt: Timestamp? = nil) {
        self.status = status
        self.artefact = nil
        let members: [(String, JSONValue?)] = [
            ("type", .string("about:blank")),
            ("title", .string(code.split(separator: "_").joined(separator: " "))),
            ("status", .integer(Int64(status))),
            ("code", .string(code)),
            ("detail", .string(detail)),
            ("retry_at", retryAt.map { .integer($0.milliseconds) }),
        ]
        self.body = .object(members.compactMap { key, value in value.map { (key, $0) } })
    }
}
