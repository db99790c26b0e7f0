import Primitives
import Synchronization

@testable import Doors
@testable import MCP

/// A node that answers what a test says, and writes down what it was asked.
final class StandIn: MCPNode {
    private let asked = Mutex<[(operation: String, arguments: JSONValue)]>([])
    private let answer: @Sendable (String, JSONValue) -> MCPOutcome

    init(_ answer: @escaping @Sendable (String, JSONValue) -> MCPOutcome) { self.answer = answer }

    /// A node that knows nothing.
    convenience init() {
        self.init { _, _ in .problem(404, "unknown_proposal", "no proposal with this id") }
    }

    /// The operations that were performed, in order.
    var operations: [String] { self.asked.withLock { $0.map(\.operation) } }

    /// With which arguments the last one was performed.
    var lastArguments: JSONValue? { self.asked.withLock { $0.last?.arguments } }

    func perform(_ operation: String, _ arguments: JSONValue) async -> MCPOutcome {
        self.asked.withLock { $0.append((operation, arguments)) }
        return self.answer(operation, arguments)
    }
}

/// What a client of either era sends, and what comes back.
struct Client {
    let server: MCPServer
    var node = StandIn()
    var scope = Doors.Operation.Scope.admin

    static let meta = JSONValue.object([
        (MCPEra.versionKey, .string(MCPEra.modernVersion)), (MCPEra.capabilitiesKey, .emptyObject),
    ])

    /// A request of today with the headers that belong to it.
    func modern(_ method: String, _ params: [(String, JSONValue)] = []) async throws -> JSONValue {
        let message = Self.message(method, params + [("_meta", Self.meta)])
        return try await self.send(message, MCPHeaders(for: message)).message
    }

    /// A request of a client that has shaken hands.
    func legacy(_ method: String, _ params: [(String, JSONValue)] = []) async throws -> JSONValue {
        let none = MCPHeaders(version: nil, method: nil, name: nil)
        return try await self.send(Self.message(method, params), none).message
    }

    static func message(_ method: String, _ params: [(String, JSONValue)], id: Int64 = 7)
        -> JSONValue
    {
        .object([
            ("jsonrpc", .string("2.0")), ("id", .integer(id)), ("method", .string(method)),
            ("params", .object(params)),
        ])
    }

    /// Any message with any headers.
    func send(_ message: JSONValue, _ headers: MCPHeaders) async throws
        -> (message: JSONValue, status: Int)
    {
        try await self.send(message.canonicalBytes(), headers)
    }

    /// Any bytes with any headers.
    func send(_ bytes: [UInt8], _ headers: MCPHeaders) async throws
        -> (message: JSONValue, status: Int)
    {
        let caller = Caller(name: "test", scope: self.scope)
        let reply = await self.server.reply(
            to: bytes,
            headers: headers,
            from: caller,
            at: self.node
        )
        guard case .answer(let message, let status) = reply else { throw NoAnswer() }
        return (message, status)
    }
}

/// Nothing was answered, or something without an end.
struct NoAnswer: Error {}

/// Operations that no node has.
enum Cups {
    /// Both reads and acts; texts in what they answer are strangers'.
    static let operations: [Doors.Operation] = [
        Self.list.operation, Self.one.operation, Self.pour.operation,
    ]

    private static let entry = RecordSchema(
        name: "Cup",
        about: "A cup.",
        properties: [
            Property("id", "The cup.", .id), Property("author", "Who made it.", .id),
            Property("words", "What its maker says.", .text),
            Property("state", "What this node says.", .text(.own)),
        ]
    )

    private static let list = Endpoint(
        "cups",
        .read,
        path: "/v1/cups",
        summary: "All cups.",
        .limit(),
        .text("cursor", "Where to go on."),
        answers: .json(
            .object([
                Property("cups", "The cups.", .list(.record(entry))),
                .optional("next_cursor", "Where it goes on.", .text(.own)),
            ])
        ),
        tool: Tool("Cups"),
        resource: "valence://cups"
    ) { $0 + ($1?.utf8.count ?? 0) }

    private static let one = Endpoint(
        "cup",
        .read,
        path: "/v1/cups/{id}",
        summary: "One cup.",
        Parameter<MessageID>.id("id", "The cup."),
        answers: .json(.record(entry)),
        tool: Tool("A cup"),
        resource: "valence://cups/{id}"
    ) { $0.hex.count }

    private static let pour = Endpoint(
        "pour",
        .act,
        path: "/v1/cups/{id}/pour",
        summary: "Pours.",
        Parameter<MessageID>.id("id", "The cup."),
        answers: .json(.object([Property("id", "The message.", .id)])),
        tool: Tool("Pour", isIdempotent: true)
    ) { $0.hex.count }
}
