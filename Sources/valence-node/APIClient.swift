import Cryptography
import Doors
import Foundation
import HTTPTypes
import LocalAPI
import Messages
import Node
import Primitives
import Synchronization

/// Talks to a running node.
///
/// The owner's token goes through the socket in the data directory alone, never through a port or a proxy:
/// the port of a node that ended may be anybody's, while only the directory's owner can listen on the
/// socket. A port is used where the environment names one, with the token that it names (ADR 0057).
struct APIClient {
    private let address: NodeAddress
    /// What posts are recognised by when they are sent again (ADR 0060).
    private let key: String

    /// How long a node may take to say what it knows.
    ///
    /// Source: own choice: one that works needs milliseconds, on a busy machine a few seconds.
    private static let readingTime = Duration.seconds(15)
    /// How long a node may take for what depends on others.
    ///
    /// Source: own choice: longer than the node's own patience of two minutes, so that its reason is
    /// shown.
    static let workingTime = Duration.seconds(130)

    /// How long a node that tells its events may say nothing.
    ///
    /// Source: own choice: it says something every 15 s.
    private static let silenceMax = Duration.seconds(45)

    /// How long after its connection broke a post is sent again.
    ///
    /// Source: own choice: a node that is up again has its door open.
    private static let repeatPause = Duration.milliseconds(200)

    /// Asks a node.
    ///
    /// - Parameters:
    ///   - address: where it is.
    ///   - key: what posts are recognised by; nil for a random one.
    init(_ address: NodeAddress, key: String? = nil) {
        self.address = address
        self.key = key ?? Hex.encode(SecureRandom.bytes(16))
    }

    /// Finds the node through its data directory.
    init(_ directory: DataDirectory) throws { self.init(try NodeAddress(directory)) }

    /// The same node for a further post of one command, which is recognised by a key of its own.
    func beside(_ part: String) -> APIClient { APIClient(self.address, key: "\(self.key).\(part)") }

    /// Another question to a node that answers none would not help.
    private func hung(after timeout: Duration) -> CommandFailure {
        CommandFailure(
            .timedOut,
            "\(self.address.name) did not answer within \(timeout.components.seconds) s; see "
                + self.address.hint
        )
    }

    /// A post of which nobody knows whether it happened.
    private var cutOff: CommandFailure {
        CommandFailure(
            .notRunning,
            "the node ended while it was asked, and may have done it; start it with `valence-node run`, "
                + "then give the command again with --idempotency-key \(self.key), so that it happens once"
        )
    }

    static let ended = CommandFailure(
        .notRunning,
        "the node ended while it was asked; start it with `valence-node run`"
    )

    /// Asks the node for an operation of its table.
    ///
    /// - Parameters:
    ///   - name: the name of the operation.
    ///   - arguments: what it is given; those that are nil are left out.
    ///   - isPatient: whether the node may first have to get from others what it is asked for.
    /// - Returns: what it answers.
    /// - Throws: ``CommandFailure`` with what the node says against it.
    func call(
        _ name: String,
        _ arguments: [(String, JSONValue?)] = [],
        isPatient: Bool = false
    ) async throws -> JSONValue {
        try await self.call(name, Self.object(arguments), isPatient: isPatient)
    }

    /// Asks the node for an operation of its table, with an object of arguments.
    func call(_ name: String, _ arguments: JSONValue, isPatient: Bool = false) async throws
        -> JSONValue
    {
        let operation = try Self.operation(name)
        let isQuick = operation.kind == .read && !isPatient
        let time = isQuick ? Self.readingTime : Self.workingTime
        return try Self.parse(try await self.exchange(operation, arguments, within: time))
    }

    /// Asks the node for an operation without arguments that not every node has.
    func call(_ operation: Doors.Operation) async throws -> JSONValue {
        try Self.parse(try await self.exchange(operation, .emptyObject, within: Self.readingTime))
    }

    /// Asks the node for an operation that it says it has.
    func answer(of operation: Doors.Operation, _ arguments: JSONValue) async throws -> [UInt8] {
        try await self.exchange(operation, arguments)
    }

    /// An answer that is no JSON object, such as an artefact, which others may have.
    func bytes(_ name: String, _ arguments: [(String, JSONValue?)]) async throws -> [UInt8] {
        try await self.exchange(try Self.operation(name), Self.object(arguments))
    }

    /// Gives the node an artefact.
    func upload(
        _ name: String,
        _ arguments: [(String, JSONValue?)] = [],
        _ body: LocalConnection.Body,
        contentType: String
    ) async throws -> JSONValue {
        let operation = try Self.operation(name)
        return try await self.upload(operation, Self.object(arguments), body, contentType)
    }

    /// Gives the node an artefact, with an operation that it says it has.
    func upload(
        _ operation: Doors.Operation,
        _ arguments: JSONValue,
        _ body: LocalConnection.Body,
        _ contentType: String
    ) async throws -> JSONValue {
        let target = operation.carry(arguments).target
        return try Self.parse(
            try await self.exchange(.post, target, body, contentType: contentType)
        )
    }

    /// The document in which the node says what it can do.
    func document() async throws -> JSONValue {
        let nothing = LocalConnection.Body.bytes([])
        return try Self.parse(
            try await self.exchange(
                .get,
                "/openapi.json",
                nothing,
                contentType: nil,
                within: Self.readingTime
            )
        )
    }

    /// Follows the events of the node.
    ///
    /// - Parameters:
    ///   - arguments: those of the operation `events`.
    ///   - take: is given each event with its kind, in order.
    /// - Throws: ``CommandFailure`` with what the node says against it; ``LocalConnection/Broken`` when the
    ///   connection ends before the answer does.
    func follow(
        _ arguments: [(String, JSONValue?)],
        _ take: @escaping @Sendable (_ kind: String, _ event: JSONValue) throws -> Void
    ) async throws {
        let target = try Self.operation("events").carry(Self.object(arguments)).target
        var connection = self.connection(nil)
        connection.silenceMax = Self.silenceMax
        try await connection.exchange(self.request(.get, target), .bytes([])) { head, pieces in
            guard head.headerFields[.server] == "valence-node" else { throw Self.stranger }
            guard head.status.code < 400 else {
                var whole: [UInt8] = []
                for try await piece in pieces { whole += piece }
                throw Self.failure(head.status.code, try Self.parse(whole))
            }
            var lines = EventLines()
            for try await piece in pieces {
                for event in lines.take(piece) {
                    guard let data = try? JSONDocument(scanning: event.data) else {
                        throw Self.stranger
                    }
                    try take(event.kind, data.root.value)
                }
            }
        }
    }

    private static func operation(_ name: String) throws -> Doors.Operation {
        let operations =
            Endpoints.all().map(\.operation) + TokenEndpoints.all.map(\.operation)
            + [Endpoints.newDashboardLink]
        guard let operation = operations.first(where: { $0.name == name }) else {
            throw CommandFailure(.failed, "this program knows no operation `\(name)`")
        }
        return operation
    }

    private static func object(_ arguments: [(String, JSONValue?)]) -> JSONValue {
        .object(arguments.compactMap { name, value in value.map { (name, $0) } })
    }

    private func exchange(
        _ operation: Doors.Operation,
        _ arguments: JSONValue,
        within timeout: Duration = Self.workingTime
    ) async throws -> [UInt8] {
        let carried = operation.carry(arguments)
        return try await self.exchange(
            operation.kind == .read ? .get : .post,
            carried.target,
            .bytes(carried.body?.canonicalBytes() ?? []),
            contentType: carried.body == nil ? nil : "application/json",
            within: timeout
        )
    }

    /// The body of an answer of success.
    private func exchange(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: LocalConnection.Body,
        contentType: String?,
        within timeout: Duration = Self.workingTime
    ) async throws -> [UInt8] {
        var request = self.request(method, path, body)
        if let contentType { request.headerFields[.contentType] = contentType }
        if method == .post, let field = Self.keyField { request.headerFields[field] = self.key }
        let connection = self.connection(timeout)
        let (head, bytes) = try await self.exchange(request, body, connection)
        guard head.headerFields[.server] == "valence-node" else { throw Self.stranger }
        guard head.status.code < 400 else {
            throw Self.failure(head.status.code, try Self.parse(bytes))
        }
        return bytes
    }

    func request(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: LocalConnection.Body
    ) -> HTTPRequest {
        var request = self.request(method, path)
        request.headerFields[.contentLength] = "\(body.count)"
        return request
    }

    func connection(_ timeout: Duration?) -> LocalConnection {
        LocalConnection(
            place: self.address.place,
            timeout: timeout,
            absent: self.address.absent,
            hung: self.hung(after: timeout ?? Self.workingTime)
        )
    }

    private static let keyField = HTTPField.Name(IdempotencyKey.field)

    /// A post whose connection breaks is sent once again: the node recognises it.
    private func exchange(
        _ request: HTTPRequest,
        _ body: LocalConnection.Body,
        _ connection: LocalConnection
    ) async throws -> (HTTPResponse, [UInt8]) {
        do {
            return try await connection.exchange(request, body)
        } catch is LocalConnection.Broken {
            guard request.method == .post else { throw Self.ended }
        }
        try await Task.sleep(for: Self.repeatPause)
        do {
            return try await connection.exchange(request, body)
        } catch is LocalConnection.Broken {
            throw self.cutOff
        } catch let failure as CommandFailure where failure.code == .notRunning {
            throw self.cutOff
        }
    }

    private func request(_ method: HTTPRequest.Method, _ path: String) -> HTTPRequest {
        HTTPRequest(
            method: method,
            scheme: "http",
            authority: "localhost",
            path: path,
            headerFields: [.authorization: "Bearer \(self.address.token)", .connection: "close"]
        )
    }

    /// The one shape of an answer.
    static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        guard let answer = try? JSONDocument(scanning: bytes).root, answer.kind == .object else {
            throw Self.stranger
        }
        return answer.value
    }

    static let stranger = CommandFailure(
        .failed,
        "what answers is not a Valence node, or another version of it; restart the node"
    )

    static func failure(_ status: Int, _ answer: JSONValue) -> CommandFailure {
        let code = answer["code"]?.string ?? "http_\(status)"
        let detail = answer["detail"]?.string ?? "no detail"
        let exit: ExitStatus =
            switch status {
            case 409, 413, 422, 429: .refused
            case 404 where code.hasPrefix("unknown_"): .refused
            case 504: .timedOut
            default: .failed
            }
        return CommandFailure(
            exit,
            detail,
            cause: code,
            retryAt: answer["retry_at"]?.integer,
            message: answer["message_id"]?.string,
            checks: answer["checks"]
        )
    }
}
