package import Doors
package import Primitives

/// Answers messages of the Model Context Protocol on behalf of one node.
///
/// It keeps nothing between two messages: a request says all that its answer depends on. Clients with a handshake are
/// answered, too; what the handshake tells them is the same for all.
package struct MCPServer: Sendable {
    /// What becomes of a message.
    package enum Reply: Sendable {
        /// A notification, which has no answer.
        case nothing
        /// One message, with the HTTP status that goes with it.
        case answer(JSONValue, status: Int)
        /// Messages as things change.
        case stream(MCPSubscription)
    }

    /// The tools.
    package let tools: ToolCatalogue
    let resources: ResourceCatalogue
    private let version: String
    private let secret: UInt64

    /// Prepares a server.
    ///
    /// - Parameters:
    ///   - operations: what the node can do.
    ///   - version: the version of the software.
    ///   - secret: a number that nobody else knows; marks around strangers' texts follow from it.
    package init(_ operations: [Doors.Operation], version: String, secret: UInt64) {
        self.tools = ToolCatalogue(operations)
        self.resources = ResourceCatalogue(operations)
        self.version = version
        self.secret = secret
    }

    /// Answers a message.
    ///
    /// - Parameters:
    ///   - bytes: the message.
    ///   - headers: what HTTP says of it.
    ///   - caller: who sends it.
    ///   - node: who performs operations.
    /// - Returns: what is sent back.
    package func reply(
        to bytes: [UInt8],
        headers: MCPHeaders,
        from caller: Caller,
        at node: some MCPNode
    ) async -> Reply {
        let message: RPCMessage
        do throws(RPCFailure) {
            message = try RPCMessage(bytes)
        } catch {
            return .answer(.answer(error.error, to: error.id), status: error.error.status)
        }
        guard case .request(let request) = message else { return .nothing }
        let era = MCPEra(of: request, header: headers.version)
        do throws(RPCError) {
            if era == .modern {
                if let flaw = headers.mismatch(with: request) { throw flaw }
                if let flaw = MCPEra.flaw(of: request) { throw flaw }
                if request.method == "subscriptions/listen" {
                    return .stream(try self.subscription(request, caller))
                }
            }
            let result = try await self.result(of: request, era, caller, at: node)
            return .answer(.answer(self.framed(result, era), to: request.id), status: 200)
        } catch {
            // Before 2026-07-28 a status above 400 was about sessions.
            let status = era == .modern ? error.status : 200
            return .answer(.answer(error, to: request.id), status: status)
        }
    }

    private func subscription(_ request: RPCRequest, _ caller: Caller) throws(RPCError)
        -> MCPSubscription
    {
        guard request.params["notifications"]?.members != nil else {
            throw .invalidParams("`notifications` is an object")
        }
        return MCPSubscription(request, server: self, caller: caller)
    }

    // MARK: Methods

    private func result(
        of request: RPCRequest,
        _ era: MCPEra,
        _ caller: Caller,
        at node: some MCPNode
    ) async throws(RPCError) -> JSONValue {
        switch (request.method, era) {
        case ("server/discover", .modern): return Self.lasting(self.discovery)
        case ("initialize", .legacy): return self.handshake(request)
        case ("ping", .legacy): return .emptyObject
        case ("tools/list", _): return Self.lasting(self.list("tools", self.tools.list), era)
        case ("tools/call", _): return try await self.call(request, caller, at: node)
        case ("resources/list", _):
            return Self.lasting(self.list("resources", self.resources.list), era)
        case ("resources/templates/list", _):
            return Self.lasting(self.list("resourceTemplates", self.resources.templates), era)
        case ("skills/list", .modern):
            return Self.passing(try await SkillShelf(node: node).list(request.params), era)
        case ("skills/get", .modern):
            return Self.passing(try await SkillShelf(node: node).get(request.params), era)
        case ("resources/read", _):
            return Self.passing(try await self.read(request, era, caller, at: node), era)
        default: throw .unknownMethod(request.method)
        }
    }

    private var discovery: [JSONMember] {
        [
            JSONMember(
                key: "supportedVersions",
                value: .array(([MCPEra.modernVersion] + MCPEra.legacyVersions).map { .string($0) })
            ),
            JSONMember(key: "capabilities", value: self.capabilities(.modern)),
            JSONMember(key: "instructions", value: .string(MCPInstructions.text)),
        ]
    }

    private func handshake(_ request: RPCRequest) -> JSONValue {
        let asked = request.params["protocolVersion"]?.string ?? ""
        let version = MCPEra.legacyVersions.first { $0 == asked } ?? MCPEra.legacyVersions[0]
        return .object([
            ("protocolVersion", .string(version)), ("capabilities", self.capabilities(.legacy)),
            ("serverInfo", self.about), ("instructions", .string(MCPInstructions.text)),
        ])
    }

    private func capabilities(_ era: MCPEra) -> JSONValue {
        // Before 2026-07-28 one subscribed in a session, which this server does not have.
        guard era == .modern else {
            return .object([("tools", .emptyObject), ("resources", .emptyObject)])
        }
        return .object([
            ("tools", .object([("listChanged", .bool(false))])),
            ("resources", .object([("subscribe", .bool(true)), ("listChanged", .bool(false))])),
            ("extensions", .object([(SkillShelf.extensionName, .emptyObject)])),
        ])
    }

    private func call(_ request: RPCRequest, _ caller: Caller, at node: some MCPNode)
        async throws(RPCError) -> JSONValue
    {
        guard let name = request.params["name"]?.string else {
            throw .invalidParams("`name` is the name of a tool")
        }
        guard let operation = self.tools.tool(named: name) else {
            let names = self.tools.operations.map(\.name).joined(separator: ", ")
            throw .invalidParams("there is no such tool; there are \(names)")
        }
        let arguments = request.params["arguments"] ?? .emptyObject
        guard arguments.members != nil else {
            throw .invalidParams("`arguments` is an object")
        }
        return await ToolCall(operation: operation, caller: caller, secret: self.secret)
            .result(arguments, at: node)
    }

    private func read(
        _ request: RPCRequest,
        _ era: MCPEra,
        _ caller: Caller,
        at node: some MCPNode
    ) async throws(RPCError) -> JSONValue {
        guard let uri = request.params["uri"]?.string else {
            throw .invalidParams("`uri` is the URI of a resource")
        }
        if SkillShelf.holds(uri), let contents = try await SkillShelf(node: node).contents(of: uri)
        {
            return contents
        }
        guard let match = self.resources.match(uri) else { throw .unknownResource(uri, in: era) }
        return try await ResourceRead(uri: uri, era: era, caller: caller, secret: self.secret)
            .contents(match, at: node)
    }

    // MARK: Frames

    private func list(_ name: String, _ entries: JSONValue) -> [JSONMember] {
        [JSONMember(key: name, value: entries)]
    }

    /// What holds until this node starts again.
    private static func lasting(_ members: [JSONMember], _ era: MCPEra = .modern) -> JSONValue {
        Self.cached(members, MCPLimits.catalogueMilliseconds, era)
    }

    /// What may be different in a moment.
    private static func passing(_ value: JSONValue, _ era: MCPEra) -> JSONValue {
        Self.cached(value.members ?? [], 0, era)
    }

    private static func cached(_ members: [JSONMember], _ time: Int64, _ era: MCPEra) -> JSONValue {
        guard era == .modern else { return .object(members) }
        return .object(
            members + [
                JSONMember(key: "ttlMs", value: .integer(time)),
                JSONMember(key: "cacheScope", value: .string("private")),
            ]
        )
    }

    private func framed(_ result: JSONValue, _ era: MCPEra) -> JSONValue {
        guard era == .modern else { return result }
        return .object(
            (result.members ?? []) + [
                JSONMember(key: "resultType", value: .string("complete")),
                JSONMember(key: "_meta", value: self.identification),
            ]
        )
    }

    var identification: JSONValue { .object([(MCPEra.serverKey, self.about)]) }

    private var about: JSONValue {
        .object([
            ("name", .string("valence-node")), ("title", .string("Valence node")),
            ("version", .string(self.version)),
        ])
    }
}
