import Foundation
import HTTPTypes
import Messages
import Node
import Primitives

/// Talks to the running node of a data directory.
///
/// It goes through the socket in that directory, never through a port or a proxy: the port of a node
/// that ended may be anybody's, while only the directory's owner can listen on the socket.
struct APIClient {
    private let socket: SocketPlace
    private let token: String
    private let timeout: Duration

    /// Finds the node through its data directory.
    init(_ directory: DataDirectory, timeout: Duration = .seconds(130)) throws {
        do {
            self.token = try directory.loadToken()
            guard let socket = try directory.socketPlace() else { throw Self.notRunning(directory) }
            self.socket = socket
        } catch let error as NodeError {
            if case .notInitialised = error { throw Self.notRunning(directory) }
            throw CommandFailure(.failed, "\(error)")
        }
        self.timeout = timeout
    }

    private static func notRunning(_ directory: DataDirectory) -> CommandFailure {
        CommandFailure(
            .notRunning,
            "no node runs in \(directory.path); start one with "
                + "`valence-node run --data-dir \(directory.path)`"
        )
    }

    func get(_ path: String) async throws -> JSONValue {
        try await self.send(.get, path, .bytes([]), contentType: nil)
    }

    func post(_ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let bytes = (body ?? .emptyObject).canonicalBytes()
        return try await self.send(.post, path, .bytes(bytes), contentType: "application/json")
    }

    /// An answer that is no JSON object, such as an artefact.
    func bytes(_ path: String) async throws -> [UInt8] {
        try await self.exchange(.get, path, .bytes([]), contentType: nil)
    }

    func upload(_ path: String, _ body: LocalConnection.Body, contentType: String) async throws
        -> JSONValue
    {
        try await self.send(.post, path, body, contentType: contentType)
    }

    private func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: LocalConnection.Body,
        contentType: String?
    ) async throws -> JSONValue {
        try Self.parse(try await self.exchange(method, path, body, contentType: contentType))
    }

    /// The body of an answer of success.
    private func exchange(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: LocalConnection.Body,
        contentType: String?
    ) async throws -> [UInt8] {
        var request = HTTPRequest(
            method: method,
            scheme: "http",
            authority: "localhost",
            path: path,
            headerFields: [
                .authorization: "Bearer \(self.token)", .connection: "close",
                .contentLength: "\(body.count)",
            ]
        )
        if let contentType { request.headerFields[.contentType] = contentType }
        let connection = LocalConnection(path: self.socket.path, timeout: self.timeout)
        let (head, bytes) = try await connection.exchange(request, body)
        guard head.headerFields[.server] == "valence-node" else { throw Self.stranger }
        guard head.status.code < 400 else {
            throw Self.failure(head.status.code, try Self.parse(bytes))
        }
        return bytes
    }

    /// The one shape of an answer.
    private static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        guard let answer = try? JSONDocument(scanning: bytes).root, answer.kind == .object else {
            throw Self.stranger
        }
        return answer.value
    }

    private static let stranger = CommandFailure(
        .failed,
        "what answers is not a Valence node, or another version of it; restart the node"
    )

    private static func failure(_ status: Int, _ answer: JSONValue) -> CommandFailure {
        let code = answer["code"]?.string ?? "http_\(status)"
        let detail = answer["detail"]?.string ?? "no detail"
        let exit: ExitStatus =
            switch status {
            case 409, 413, 422, 429: .refused
            case 504: .timedOut
            default: .failed
            }
        return CommandFailure(exit, detail, cause: code)
    }
}
