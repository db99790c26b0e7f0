import Doors
package import Primitives

/// What one listener wants to hear of: resources, which are looked at again and again.
///
/// A look compares the hash of what the node tells with that of the look before; nothing is kept of it besides, and
/// a listener that comes back misses nothing, since it reads the resource itself.
package struct MCPSubscription: Sendable {
    private let id: JSONValue
    private let server: MCPServer
    private let caller: Caller
    private var watched: [Watched]

    private struct Watched {
        let uri: String
        let match: ResourceCatalogue.Match
        var hash: Bytes32?
    }

    init(_ request: RPCRequest, server: MCPServer, caller: Caller) {
        self.id = request.id
        self.server = server
        self.caller = caller
        let wanted = request.params["notifications"]?["resourceSubscriptions"]?.elements ?? []
        var watched: [Watched] = []
        for uri in wanted.compactMap(\.string) where watched.count < MCPLimits.watchedMax {
            guard !watched.contains(where: { $0.uri == uri }),
                let match = server.resources.match(uri),
                // Bytes are those of a hash; they do not change, and may have to come from peers.
                match.operation.answer != .bytes,
                caller.obstacle(to: match.operation) == nil
            else { continue }
            watched.append(Watched(uri: uri, match: match))
        }
        self.watched = watched
    }

    /// The first message: what will be told.
    package var opening: JSONValue {
        let uris = self.watched.map { JSONValue.string($0.uri) }
        let told: [(String, JSONValue)] =
            uris.isEmpty ? [] : [("resourceSubscriptions", .array(uris))]
        return .notification(
            "notifications/subscriptions/acknowledged",
            .object([("_meta", self.mark), ("notifications", .object(told))])
        )
    }

    /// The last message, when this node ends the subscription.
    package var closing: JSONValue {
        let mark = (self.mark.members ?? []) + (self.server.identification.members ?? [])
        return .answer(
            .object([("resultType", .string("complete")), ("_meta", .object(mark))]),
            to: self.id
        )
    }

    private var mark: JSONValue { .object([(MCPEra.subscriptionKey, self.id)]) }

    /// Looks at all that is watched; the first look only remembers.
    ///
    /// - Parameter node: who tells.
    /// - Returns: a message about each resource that changed.
    package mutating func look(at node: some MCPNode) async -> [JSONValue] {
        var changes: [JSONValue] = []
        for index in self.watched.indices {
            let match = self.watched[index].match
            let outcome = await node.perform(match.operation.name, match.arguments)
            guard let hash = Self.hash(outcome) else { continue }
            defer { self.watched[index].hash = hash }
            guard let before = self.watched[index].hash, before != hash else { continue }
            changes.append(
                .notification(
                    "notifications/resources/updated",
                    .object([("_meta", self.mark), ("uri", .string(self.watched[index].uri))])
                )
            )
        }
        return changes
    }

    /// Nothing follows from a node that cannot tell now.
    private static func hash(_ outcome: MCPOutcome) -> Bytes32? {
        switch outcome {
        case .answer(let value): SHA256Digest.hash(value.canonicalBytes())
        case .bytes(_, let hash): SHA256Digest.hash(Array(hash.hex.utf8))
        case .problem: nil
        }
    }
}
