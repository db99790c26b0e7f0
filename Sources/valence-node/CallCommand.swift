import ArgumentParser
import Doors
import Messages
import Node
import Primitives

/// The command `valence-node call`.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Call any operation of the running node, by its name.",
        discussion: """
            The node says itself what it can do, so that what is plugged into it is here, too. Without a \
            name all operations are listed.

            Example: valence-node call proposals --arguments '{"limit":5}'
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var acting: ActingOptions
    @Argument(help: "The operation; default: list all.") var operation: String?
    @OptionGroup var trial: DryRunOptions
    @Option(help: "Its arguments, as one JSON object.") var arguments = "{}"
    @Option(help: "The artefact, for operations that take one.") var file: String?
    @Option(help: "MIME type of the artefact.") var contentType = "application/octet-stream"

    func run() async throws {
        let client = try self.common.client(self.acting)
        let operations = ServedOperations(try await client.document()).all
        guard let operation else { return self.list(operations) }
        guard let called = operations.first(where: { $0.name == operation }) else {
            throw CommandFailure(
                .usage,
                "the node has no operation `\(operation)`; see `valence-node call` for all"
            )
        }
        if case .events = called.answer {
            throw CommandFailure(
                .usage,
                "`\(operation)` is a stream; use `valence-node events` or `valence-node watch`"
            )
        }
        try await self.call(called, client)
    }

    private func call(_ operation: Doors.Operation, _ client: APIClient) async throws {
        let arguments = try self.parsed
        if operation.kind == .upload {
            guard let file else {
                throw CommandFailure(.usage, "\(operation.name) takes an artefact; add --file")
            }
            let body = LocalConnection.Body.file(try LocalFile.open(file))
            return Console.json(
                try await client.upload(operation, arguments, body, self.contentType)
            )
        }
        guard self.file == nil else {
            throw CommandFailure(.usage, "\(operation.name) takes no artefact; leave out --file")
        }
        let answer = try await client.answer(of: operation, arguments)
        guard operation.answer != .bytes, operation.answer != .text else {
            return try Console.raw(answer)
        }
        guard let document = try? JSONDocument(scanning: answer) else {
            throw CommandFailure(.failed, "the answer is no JSON; restart the node")
        }
        Console.json(document.root.value)
    }

    private var parsed: JSONValue {
        get throws {
            let document = try? JSONDocument(scanning: Array(self.arguments.utf8))
            guard let root = document?.root, root.kind == .object else {
                throw CommandFailure(
                    .usage,
                    "--arguments is no JSON object; write it as '{\"limit\":5}'"
                )
            }
            guard self.trial.dryRun else { return root.value }
            return .object(
                (root.value.members ?? []) + [
                    JSONMember(key: Doors.Operation.dryRun.name, value: .bool(true))
                ]
            )
        }
    }

    private func list(_ operations: [Doors.Operation]) {
        if self.common.json {
            let rows = operations.map { operation in
                JSONValue.object([
                    ("operation", .string(operation.name)),
                    ("summary", .string(operation.summary)),
                ])
            }
            return Console.json(.object([("operations", .array(rows))]))
        }
        let width = operations.map(\.name.count).max() ?? 0
        for operation in operations {
            let pad = String(repeating: " ", count: width - operation.name.count)
            Console.line("\(operation.name)\(pad)  \(operation.summary)")
        }
    }
}

/// The operations that a node says it has, as far as one must know them to call them.
private struct ServedOperations {
    let all: [Doors.Operation]

    init(_ document: JSONValue) {
        let paths = document["paths"]?.members ?? []
        self.all = paths.flatMap { path in
            (path.value.members ?? []).compactMap { Self.operation(path.key, $0.key, $0.value) }
        }.sorted { $0.name < $1.name }
    }

    private static func operation(_ path: String, _ method: String, _ value: JSONValue)
        -> Doors.Operation?
    {
        guard let name = value["operationId"]?.string else { return nil }
        let media = value["requestBody"]?["content"]?.members ?? []
        let isUpload = media.contains { $0.key == "application/octet-stream" }
        let answers = value["responses"]?["200"]?["content"]?.members ?? []
        return Doors.Operation(
            name: name,
            kind: method == "get" ? .read : isUpload ? .upload : .act,
            scope: .read,
            path: path,
            summary: value["summary"]?.string ?? "",
            arguments: (value["parameters"]?.elements ?? []).compactMap(Self.argument),
            answer: Self.answer(answers.map(\.key))
        )
    }

    private static func answer(_ types: [String]) -> Doors.Operation.Answer {
        if types.contains("application/octet-stream") { return .bytes }
        if types.contains("text/plain") { return .text }
        return types.contains("text/event-stream") ? .events([]) : .json(.anything)
    }

    private static func argument(_ parameter: JSONValue) -> Doors.Operation.Argument? {
        guard let name = parameter["name"]?.string,
            let place = ["path": ArgumentPlace.path, "query": .query][
                parameter["in"]?.string ?? ""
            ]
        else { return nil }
        return Doors.Operation.Argument(place: place, property: Property(name, "", .anything))
    }
}
