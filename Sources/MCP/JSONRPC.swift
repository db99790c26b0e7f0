import Primitives

/// A request of JSON-RPC 2.0.
struct RPCRequest: Sendable {
    /// A text or a number.
    let id: JSONValue
    let method: String
    /// An object; empty without one.
    let params: JSONValue

    var meta: JSONValue? { self.params["_meta"] }
}

/// What may come in one message.
enum RPCMessage: Sendable {
    case request(RPCRequest)
    /// It has no answer, and nothing that comes so means anything to this server.
    case notification

    /// Reads a message.
    ///
    /// - Parameter bytes: one message.
    /// - Throws: what is wrong with it, with the id of the request where that can be read.
    init(_ bytes: [UInt8]) throws(RPCFailure) {
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONDocument(scanning: bytes).root.value
        } catch {
            throw Self.failure(error, in: bytes)
        }
        guard root.members != nil else {
            // Batches left the protocol with revision 2025-06-18.
            let what = root.elements == nil ? "an object" : "one object, not a batch"
            throw RPCFailure(.invalidRequest("a message is \(what)"))
        }
        let id = root["id"].flatMap { Self.isID($0) ? $0 : nil }
        guard root["jsonrpc"]?.string == "2.0", let method = root["method"]?.string else {
            throw RPCFailure(
                .invalidRequest("a message has `jsonrpc`: \"2.0\", and a `method`"),
                id: id
            )
        }
        let params = root["params"] ?? .emptyObject
        guard params.members != nil else {
            throw RPCFailure(.invalidParams("`params` is an object", status: 400), id: id)
        }
        if let id {
            self = .request(RPCRequest(id: id, method: method, params: params))
        } else {
            guard root["id"] == nil else {
                throw RPCFailure(.invalidRequest("an `id` is a text or a whole number"))
            }
            self = .notification
        }
    }

    private static func isID(_ value: JSONValue) -> Bool {
        value.string != nil || value.integer != nil
    }

    /// JSON that others take may not be strict enough for this node; then the request has an answer all the
    /// same, since its sender waits for one.
    private static func failure(_ error: JSONError, in bytes: [UInt8]) -> RPCFailure {
        guard let id = LooseJSON.id(in: bytes) else {
            return RPCFailure(.parseError("no strict JSON: \(error)"))
        }
        let detail = "no strict JSON: \(error); numbers are whole and written so: 1, not 1.0"
        return RPCFailure(.invalidParams(detail, status: 400), id: id)
    }
}

/// Why a message has no result.
struct RPCError: Error, Equatable {
    let code: Int64
    let message: String
    /// The status that goes with it over HTTP.
    let status: Int
    var data: JSONValue?

    static func parseError(_ detail: String) -> Self {
        Self(code: -32_700, message: detail, status: 400)
    }

    static func invalidRequest(_ detail: String) -> Self {
        Self(code: -32_600, message: detail, status: 400)
    }

    static func unknownMethod(_ method: String) -> Self {
        Self(code: -32_601, message: "there is no method \(Self.shown(method))", status: 404)
    }

    static func invalidParams(_ detail: String, status: Int = 200) -> Self {
        Self(code: -32_602, message: detail, status: status)
    }

    /// Only revisions before 2026-07-28 have a code of its own for what is not there.
    static func unknownResource(_ uri: String, in era: MCPEra) -> Self {
        Self(
            code: era == .modern ? -32_602 : -32_002,
            message: "there is no resource \(Self.shown(uri))",
            status: 200,
            data: .object([("uri", .string(Self.shown(uri)))])
        )
    }

    static func failed(_ detail: String) -> Self {
        Self(code: -32_603, message: detail, status: 200)
    }

    static func mismatch(_ detail: String) -> Self {
        Self(code: -32_020, message: "header mismatch: \(detail)", status: 400)
    }

    static func unsupported(_ version: String) -> Self {
        let supported = [MCPEra.modernVersion] + MCPEra.legacyVersions
        return Self(
            code: -32_022,
            message: "the revision \(Self.shown(version)) is not spoken here",
            status: 400,
            data: .object([
                ("supported", .array(supported.map { .string($0) })),
                ("requested", .string(version)),
            ])
        )
    }

    /// As much of a caller's text as it takes to see the mistake.
    private static func shown(_ text: String) -> String {
        String(CleanText.cleaned(text).prefix(128))
    }

    var json: JSONValue {
        .object(
            [("code", .integer(self.code)), ("message", .string(self.message))]
                + (self.data.map { [("data", $0)] } ?? [])
        )
    }
}

/// An error with the request that it answers.
struct RPCFailure: Error {
    let error: RPCError
    /// Nil where none could be read.
    let id: JSONValue?

    init(_ error: RPCError, id: JSONValue? = nil) {
        self.error = error
        self.id = id
    }
}

extension JSONValue {
    /// The answer to a request.
    static func answer(_ result: JSONValue, to id: JSONValue) -> JSONValue {
        .object([("jsonrpc", .string("2.0")), ("id", id), ("result", result)])
    }

    /// The answer to a message that has no result.
    static func answer(_ error: RPCError, to id: JSONValue?) -> JSONValue {
        .object(
            [("jsonrpc", .string("2.0")), ("error", error.json)] + (id.map { [("id", $0)] } ?? [])
        )
    }

    /// A message that nobody answers.
    static func notification(_ method: String, _ params: JSONValue) -> JSONValue {
        .object([
            ("jsonrpc", .string("2.0")), ("method", .string(method)), ("params", params),
        ])
    }
}
