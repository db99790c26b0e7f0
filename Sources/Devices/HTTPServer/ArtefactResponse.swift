import HTTPTypes
import Hummingbird
import LocalAPI
import NIOCore
import Primitives

extension HTTPServer {
    /// The bytes as they are.
    ///
    /// The media type was declared by a stranger, who may want a browser to run the bytes as a page of
    /// this node. So the response names no specific type, asks for the file to be saved, and forbids
    /// scripts in case it is displayed anyway.
    static func response(_ artefact: APIArtefact, _ context: APIContext) async throws
        -> Response
    {
        let body: ResponseBody
        switch artefact.source {
        case .bytes(let bytes): body = .init(byteBuffer: ByteBuffer(bytes: bytes))
        case .file(let path):
            do {
                body = try await FileIO().loadFile(path: path, context: context)
            } catch {
                throw RefusedRequest(
                    status: .internalServerError,
                    code: "content_unavailable",
                    detail: "the artefact cannot be read from the blob directory: \(error)"
                )
            }
        }
        var headers: HTTPFields = [
            .contentType: "application/octet-stream",
            .contentDisposition: "attachment; filename=\"\(artefact.hash.hex)\"",
            .contentSecurityPolicy: "default-src 'none'; sandbox",
            .xContentTypeOptions: "nosniff",
        ]
        if let name = HTTPField.Name("Repr-Digest") {
            headers[name] = "sha-256=:\(Base64.encode(artefact.hash.array)):"
        }
        return Response(status: .ok, headers: headers, body: body)
    }
}
