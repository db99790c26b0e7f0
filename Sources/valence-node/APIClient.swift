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
    private let directory: DataDirectory

    /// How long a node may take to say what it knows.
    ///
    /// Source: own choice: one that works needs milliseconds, on a busy machine a few seconds.
    private static let readingTime = Duration.seconds(15)
    /// How long a node may take for what depends on others.
    ///
    /// Source: own choice: longer than the node's own patience of two minutes, so that its reason is
    /// shown.
    private static let workingTime = Duration.seconds(130)

    /// Finds the node through its data directory.
    init(_ directory: DataDirectory) throws {
        do {
            self.token = try directory.loadToken()
            guard let socket = try directory.socketPlace() else { throw Self.notRunning(directory) }
            self.socket = socket
        } catch let error as NodeError {
            if case .notInitialised = error { throw Self.notRunning(directory) }
            throw CommandFailure(.failed, "\(error)")
        }
        self.directory = directory
    }

    private static func notRunning(_ directory: DataDirectory) -> CommandFailure {
        CommandFailure(
            .notRunning,
            "no node runs in \(directory.path); start one with "
                + "`valence-node run --data-dir \(directory.path)`"
        )
    }

    /// Another question to a node that answers none would not help.
    private static func hung(_ directory: DataDirectory, after timeout: Duration) -> CommandFailure
    {
        CommandFailure(
            .timedOut,
            "the node in \(directory.path) did not answer within \(timeout.components.seconds) s; see "
                + "whether its process still works (\(directory.path)/LOCK has its number) and what its "
                + "log says"
        )
    }

    /// Asks for what the node knows.
    func get(_ path: String) async throws -> JSONValue {
        let nothing = LocalConnection.Body.bytes([])
        return try Self.parse(
            try await self.exchange(.get, path, nothing, contentType: nil, within: Self.readingTime)
        )
    }

    /// Asks for what the node may first have to get from others.
    func fetch(_ path: String) async throws -> JSONValue {
        try Self.parse(try await self.bytes(path))
    }

    func post(_ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let bytes = (body ?? .emptyObject).canonicalBytes()
        return try await self.upload(path, .bytes(bytes), contentType: "application/json")
    }

    /// An answer that is no JSON object, such as an artefact, which others may have.
    func bytes(_ path: String) async throws -> [UInt8] {
        try await self.exchange(.get, path, .bytes([]), contentType: nil)
    }

    func upload(_ path: String, _ body: LocalConnection.Body, contentType: String) async throws
        -> JSONValue
    {
        try Self.parse(try await self.exchange(.post, path, body, contentType: contentType))
    }

    /// The body of an answer of success.
    private func exchange(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: LocalConnection.Body,
        contentType: String?,
        within timeout: Duration = Self.workingTime
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
        let connection = LocalConnection(
            path: self.socket.path,
            timeout: timeout,
            absent: Self.notRunning(self.directory),
            hung: Self.hung(self.directory, after: timeout)
        )
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
            case 404 where code.hasPrefix("unknown_"): .refused
            case 504: .timedOut
            default: .failed
            }
        return CommandFailure(exit, detail, cause: code, retryAt: answer["retry_at"]?.integer)
    }
}
