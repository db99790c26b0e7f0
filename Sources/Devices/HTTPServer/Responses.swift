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
        guard response.status >= 400, let time = response.body["retry_at"]?.integer else {
            return nil
        }
        let wait = Timestamp(milliseconds: time)
            .milliseconds(since: SystemClock().now.timestamp)
        return max(1, wait.saturatingAdding(999) / 1_000)
    }

    /// A problem found before the node was asked.
    init(problem code: String, detail: String, status: HTTPResponse.Status) {
        self.init(APIResponse(status: status.code, code: code, detail: detail))
    }
}

/// A request that is refused before it reaches the node.
struct RefusedRequest: Error {
    let status: HTTPResponse.Status
    let code: String
    /// Cause and next step.
    let detail: String

    /// A request that cannot be understood.
    static func unclear(_ detail: String) -> RefusedRequest {
        RefusedRequest(status: .badRequest, code: "bad_request", detail: detail)
    }

    /// A body that is longer than the route takes.
    static func tooLarge(limit: Int) -> RefusedRequest {
        RefusedRequest(
            status: .contentTooLarge,
            code: "too_large",
            detail: "the body is longer than the \(limit) bytes that are taken here; send less"
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

    var response: Response {
        Response(problem: self.code, detail: self.detail, status: self.status)
    }
}

extension Request {
    /// The body as a strict JSON object.
    func jsonBody(_ context: APIContext) async throws -> JSONDocument {
        var bytes: [UInt8] = []
        try await self.readBody(upTo: HTTPLimits.jsonBytesMax, context) { piece in
            bytes.append(contentsOf: piece.readableBytesView)
        }
        do {
            let document = try JSONDocument(scanning: bytes.isEmpty ? Array("{}".utf8) : bytes)
            guard document.root.kind == .object else {
                throw RefusedRequest.unclear("the body must be a JSON object")
            }
            return document
        } catch let error as JSONError {
            throw RefusedRequest.unclear("the body is not strict JSON: \(error)")
        }
    }

    /// Reads the body piece by piece; what is too long is refused before it is read, if it says so.
    func readBody(
        upTo bytesMax: Int,
        _ context: APIContext,
        _ take: (ByteBuffer) async throws -> Void
    ) async throws {
        let declared = self.headers[.contentLength].flatMap { Int($0) }
        if let declared, declared > bytesMax { throw RefusedRequest.tooLarge(limit: bytesMax) }
        context.note(.bodyWanted)
        var count = 0
        for try await piece in self.body {
            count += piece.readableBytes
            guard count <= bytesMax else { throw RefusedRequest.tooLarge(limit: bytesMax) }
            try await take(piece)
        }
        guard declared == nil || declared == count else {
            throw RefusedRequest.unclear("the body ended early; send it again")
        }
    }

    /// The `limit` of a list.
    var listLimit: Int {
        get throws {
            guard let text = self.uri.queryParameters["limit"] else {
                return HTTPLimits.listDefault
            }
            guard let limit = Int(text), (1...HTTPLimits.listMax).contains(limit) else {
                throw RefusedRequest.unclear("`limit` is a number from 1 to \(HTTPLimits.listMax)")
            }
            return limit
        }
    }

    /// A query parameter as text, percent-decoded.
    func parameter(_ name: String) -> String? {
        self.uri.queryParameters[name[...]].map(String.init)
    }
}
