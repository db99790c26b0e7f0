import HTTPTypes
import Hummingbird
import LocalAPI
import Messages
import NIOCore
import Primitives

extension Response {
    /// An answer of the node as JSON; errors are problem documents (RFC 9457).
    init(_ response: APIResponse) {
        let type = response.status < 400 ? "application/json" : "application/problem+json"
        self.init(
            status: HTTPResponse.Status(code: response.status),
            headers: [.contentType: type],
            body: .init(byteBuffer: ByteBuffer(bytes: response.body.canonicalBytes()))
        )
    }

    /// A problem found before the node was asked.
    init(problem code: String, detail: String, status: HTTPResponse.Status) {
        self.init(APIResponse(status: status.code, code: code, detail: detail))
    }
}

/// A request that cannot be understood.
struct BadRequest: Error {
    /// Cause and next step.
    let detail: String

    var response: Response {
        Response(problem: "bad_request", detail: self.detail, status: .badRequest)
    }
}

extension Request {
    /// The body as a strict JSON object.
    func jsonBody() async throws -> JSONDocument {
        let buffer = try await self.body.collect(upTo: HTTPLimits.jsonBytesMax)
        let bytes = buffer.readableBytes == 0 ? Array("{}".utf8) : Array(buffer: buffer)
        do {
            let document = try JSONDocument(scanning: bytes)
            guard document.root.kind == .object else {
                throw BadRequest(detail: "the body must be a JSON object")
            }
            return document
        } catch let error as JSONError {
            throw BadRequest(detail: "the body is not strict JSON: \(error)")
        }
    }

    /// The `limit` of a list.
    var listLimit: Int {
        let asked = self.uri.queryParameters["limit"].flatMap { Int($0) }
        return min(max(asked ?? HTTPLimits.listDefault, 1), HTTPLimits.listMax)
    }

    /// A query parameter as text, percent-decoded.
    func parameter(_ name: String) -> String? {
        self.uri.queryParameters[name[...]].map(String.init)
    }
}
