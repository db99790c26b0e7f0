import Doors
public import Primitives

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

    /// The node as a whole does not serve: the cause, and each condition.
    init(code: String, detail: String, checks: [HealthCheck]) {
        self.status = 503
        self.artefact = nil
        self.body = Problem(status: 503, code: code, detail: detail, checks: checks).shown
    }

    /// An error.
    ///
    /// - Parameters:
    ///   - status: HTTP status code, 400 or above.
    ///   - code: stable, machine-readable.
    ///   - detail: cause and next step in words.
    ///   - retryAt: from when on the same call may succeed, if that is known.
    ///   - message: the message that was signed and refused, if it came to that.
    ///   - rule: the rule of the network that it breaks, if it is one.
    ///   - remedy: what can be done about it in general, if that is known.
    public init(
        status: Int,
        code: String,
        detail: String,
        retryAt: Timestamp? = nil,
        message: MessageID? = nil,
        rule: String? = nil,
        remedy: String? = nil
    ) {
        self.status = status
        self.artefact = nil
        let problem = Problem(
            status: status,
            code: code,
            detail: detail,
            retryAt: retryAt,
            message: message,
            rule: rule,
            remedy: remedy
        )
        self.body = problem.shown
    }
}
