import Cryptography
import Foundation
import HTTPTypes
import LocalAPI
import Logging
import Messages
import Node
import Persistence
import Primitives
import Synchronization

/// A node as operators run it, and another one that asks the network for something again and again.
struct DoorNode {
    let port: Int
    private let token: String
    private let node: NodeRuntime
    private let running: Task<Void, any Error>
    private let talker: BenchNode

    /// Starts both under a path at which nothing is yet.
    ///
    /// - Parameters:
    ///   - path: where.
    ///   - past: what the log of the first one holds at its start.
    /// - Throws: ``BenchError`` when one does not start.
    init(at path: String, past: [LogEntry] = []) async throws {
        let directory = DataDirectory(path: "\(path)/node")
        let own = try directory.initialise()
        if !past.isEmpty { try TemporaryLog.fill("\(path)/node", of: own, past) }
        let key = SigningKey.generate()
        let network = NetworkDescription(
            name: "bench",
            founders: [own, NodeID(key.publicKey)].map {
                NetworkDescription.Founder(node: $0, score: FixedPoint(millionths: 500_000))
            }
        )
        let description = "\(path)/network.json"
        try network.write(to: description)
        var configuration = NodeConfiguration(
            dataDirectory: directory,
            listen: ["/ip4/127.0.0.1/tcp/0"],
            profile: .local,
            genesisPath: description,
            isGenesisNode: true
        )
        configuration.servesAsRelay = false
        let node = try NodeRuntime(
            configuration,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        )
        let (ups, up) = AsyncStream<NodeRuntime.Ready>.makeStream()
        self.running = Task {
            defer { up.finish() }
            try await node.run { up.yield($0) }
        }
        var ready = ups.makeAsyncIterator()
        guard let started = await ready.next(), let address = started.listen.first else {
            throw BenchError("a node did not start")
        }
        self.node = node
        self.port = started.apiPort
        self.token = try directory.loadToken()
        self.talker = try await BenchNode(
            at: "\(path)/talker",
            network: network,
            key: key,
            bootstrap: [address]
        )
        try await self.talker.meetOne()
    }

    /// A request that brings the owner's token.
    func question(_ path: String) -> KeptConnection.Question {
        KeptConnection.Question(path: path, headers: self.headers)
    }

    /// A call of a tool without arguments (MCP, revision 2026-07-28).
    func call(ofTool name: String) throws -> KeptConnection.Question {
        var headers = self.headers
        let fields = [
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": name,
        ]
        for (field, value) in fields {
            guard let field = HTTPField.Name(field) else {
                throw BenchError("\(field) is no field")
            }
            headers[field] = value
        }
        let meta: [(String, JSONValue)] = [
            ("io.modelcontextprotocol/protocolVersion", .string("2026-07-28")),
            ("io.modelcontextprotocol/clientCapabilities", .emptyObject),
        ]
        let message = JSONValue.object([
            ("jsonrpc", .string("2.0")), ("id", .integer(1)), ("method", .string("tools/call")),
            (
                "params",
                .object([
                    ("name", .string(name)), ("arguments", .emptyObject), ("_meta", .object(meta)),
                ])
            ),
        ])
        return KeptConnection.Question(
            method: .post,
            path: "/mcp",
            headers: headers,
            body: message.canonicalBytes()
        )
    }

    private var headers: HTTPFields { [.authorization: "Bearer \(self.token)"] }

    /// The other node asks the network for something, which makes one event here.
    func gossip(_ number: Int) async throws {
        let request = JSONValue.object([
            ("title", .string("request \(number)")),
            ("body", .string(String(repeating: "x", count: 700))),
            ("tags", .array([.string("bench")])),
        ])
        try await self.talker.call(.publish(.request, request))
    }

    /// A number of the node's status.
    func count(of part: String, _ name: String) async throws -> Int {
        let question = self.question("/v1/status")
        let answer = try await KeptConnection.with(port: self.port) { try await $0.ask(question) }
        let status = try JSONDocument(scanning: answer).root.value
        return Int(status[part]?[name]?.integer ?? 0)
    }

    func stop() async {
        await self.talker.stop()
        self.node.stop()
        _ = await self.running.result
    }
}
