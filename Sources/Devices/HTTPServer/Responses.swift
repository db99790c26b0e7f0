import Doors
import HTTPTypes
import Hummingbird
import Kernel
import LocalAPI
import Messages
import NIOCore
import Primitives

extension Response {
    /// An answer of the node as JSON; errors are problem documents (RFC 9457).
    init(_ response: APIResponse) {
        let type = response.status < 400 ? "application/json" : "application/problem+json"
        var headers: HTTPFields = [.contentType: type]
        headers[.retryAfter] = Self.retryAfter(response).map { "\($0)" }
        self.init(
            status: HTTPResponse.Status(code: response.status),
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: response.body.canonicalBytes()))
        )
    }

    /// Whole seconds until the same call may succeed (RFC 9110); nil when that is not known.
    private static func retryAfter(_ response: APIResponse) -> Int64? {
        guard response.status >= 400 else { return nil }
        guard let time = response.body["retry_at"]?.integer else {
            return [429, 503].contains(response.status) ? HTTPLimits.retrySeconds : nil
        }
        let wait = Timestamp(milliseconds: time)
            .milliseconds(since: SystemClock().now.timestamp)
        return max(1, wait.saturatingAdding(999) / 1_000)
    }
}

/// A request that is refused before it reaches the node.
struct RefusedRequest: Error {
    let status: HTTPResponse.Status
    let code: String
    /// Cause and next step.
    let detail: String
    /// What stands in the head besides.
    var headers: HTTPFields = [:]

    /// A request that cannot be understood.
    static func unclear(_ detail: String) -> RefusedRequest {
        RefusedRequest(status: .badRequest, code: "bad_request", detail: detail)
    }

    /// A key that is none.
    static let badKey = RefusedRequest(
        status: .badRequest,
        code: "bad_idempotency_key",
        detail: "send one Idempotency-Key of \(IdempotencyKey.words), "
            + "such as 32 random hexadecimal digits"
    )

    /// A body that is longer than the route takes.
    static func tooLarge(limit: Int) -> RefusedRequest {
        RefusedRequest(
            status: .contentTooLarge,
            code: "too_large",
            detail: "the body is longer than the \(limit) bytes that are taken here; send less"
        )
    }

    /// A body that is no JSON.
    static func wrongMediaType(_ type: String) -> RefusedRequest {
        RefusedRequest(
            status: .unsupportedMediaType,
            code: "wrong_media_type",
            detail: "the body is \(type.prefix(64)); send `Content-Type: application/json`",
            headers: [.accept: "application/json"]
        )
    }

    /// A body that is packed.
    static func packed(_ coding: String) -> RefusedRequest {
        RefusedRequest(
            status: .unsupportedMediaType,
            code: "wrong_media_type",
            detail: "the body is packed as \(coding.prefix(64)); send it without Content-Encoding",
            headers: [.acceptEncoding: "identity"]
        )
    }

    /// The disk does not take the body.
    static func noRoom(_ detail: String) -> RefusedRequest {
        RefusedRequest(
            status: HTTPResponse.Status(code: 507),
            code: "storage_stopped",
            detail: detail
        )
    }

    /// Nobody may ask without a token.
    static let unauthorised = RefusedRequest(
        status: .unauthorized,
        code: "unauthorized",
        detail: "send `Authorization: Bearer <token>`; make a token with `valence-node token new`, "
            + "or take the owner's from the data directory's api.token",
        headers: [.wwwAuthenticate: "Bearer"]
    )

    /// The token is unknown, or ended.
    static let wrongToken = RefusedRequest(
        status: .unauthorized,
        code: "unauthorized",
        detail: "this token is unknown or revoked; make another with `valence-node token new`",
        headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""]
    )

    /// The token is for less than what is asked for.
    static func scope(_ scope: Operation.Scope) -> RefusedRequest {
        let name = scope.rawValue
        return RefusedRequest(
            status: .forbidden,
            code: "scope",
            detail: "this needs a token with the scope `\(name)`; make one with `valence-node "
                + "token new --scope \(name)`",
            headers: [.wwwAuthenticate: "Bearer error=\"insufficient_scope\", scope=\"\(name)\""]
        )
    }

    /// So many follow the events that one more would cost the others.
    static let tooManyReaders = RefusedRequest(
        status: .serviceUnavailable,
        code: "too_many_readers",
        detail:
            "\(HTTPLimits.readersMax) readers follow the events already; end one, or use follow=false"
    )

    /// There is nothing at the path.
    static func noRoute(_ request: Request) -> RefusedRequest {
        RefusedRequest(
            status: .notFound,
            code: "no_route",
            detail: "there is no \(Self.line(request)); GET /v1 lists all routes"
        )
    }

    /// There is something at the path, but not for this method.
    static func noMethod(_ request: Request, _ allowed: [String]) -> RefusedRequest {
        let allowed = allowed.joined(separator: ", ")
        return RefusedRequest(
            status: .methodNotAllowed,
            code: "no_method",
            detail: "there is no \(Self.line(request)), but \(allowed); GET /v1 lists all routes",
            headers: [.allow: allowed]
        )
    }

    /// The node answered with something else than it says that it does.
    static func wrongAnswer(_ operation: String, _ flaw: String) -> RefusedRequest {
        RefusedRequest(
            status: .internalServerError,
            code: "wrong_answer",
            detail: "the answer of \(operation) is not what its schema says: \(flaw)"
        )
    }

    private static func line(_ request: Request) -> String {
        "\(request.method.rawValue) \(request.uri.path.prefix(HTTPLimits.shownPathMax))"
    }

    var response: Response {
        let answer = APIResponse(status: self.status.code, code: self.code, detail: self.detail)
        var response = Response(answer)
        response.headers.append(contentsOf: self.headers)
        return response
    }
}

extension IncomingRequest {
    /// What an upload says to be.
    var mediaType: String {
        self.request.headers[.contentType] ?? "application/octet-stream"
    }

    /// The body as a strict JSON object; no body is an empty one.
    func jsonBody() async throws -> JSONValue {
        let bytes = try await self.jsonBytes()
        do {
            let document = try JSONDocument(scanning: bytes.isEmpty ? Array("{}".utf8) : bytes)
            guard document.root.kind == .object else {
                throw RefusedRequest.unclear("the body must be a JSON object")
            }
            return document.root.value
        } catch let error as JSONError {
            throw RefusedRequest.unclear("the body is not strict JSON: \(error)")
        }
    }

    /// The body, which says that it is JSON.
    func jsonBytes() async throws -> [UInt8] {
        let type = self.request.headers[.contentType]
        if let type, !Self.isJSON(type), self.hasBody {
            throw RefusedRequest.wrongMediaType(type)
        }
        var bytes: [UInt8] = []
        try await self.readBody(upTo: HTTPLimits.jsonBytesMax) { piece in
            bytes.append(contentsOf: piece.readableBytesView)
        }
        return bytes
    }

    private var hasBody: Bool {
        self.request.headers[.transferEncoding] != nil
            || self.request.headers[.contentLength].map { $0 != "0" } ?? false
    }

    private static func isJSON(_ type: String) -> Bool {
        let name = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        return name == "application/json" || name.hasSuffix("+json")
    }

    /// Reads the body piece by piece; what is too long is refused before it is read, if it says so.
    func readBody(upTo bytesMax: Int, _ take: (ByteBuffer) async throws -> Void) async throws {
        let coding = self.request.headers[.contentEncoding] ?? "identity"
        guard coding.lowercased() == "identity" else { throw RefusedRequest.packed(coding) }
        let declared = self.request.headers[.contentLength].flatMap { Int($0) }
        if let declared, declared > bytesMax { throw RefusedRequest.tooLarge(limit: bytesMax) }
        self.context.note(.bodyWanted)
        var count = 0
        for try await piece in self.request.body {
            count += piece.readableBytes
            guard count <= bytesMax else { throw RefusedRequest.tooLarge(limit: bytesMax) }
            try await take(piece)
        }
        guard declared == nil || declared == count else {
            throw RefusedRequest.unclear("the body ended early; send it again")
        }
    }
}
