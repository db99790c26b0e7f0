import Cryptography
import LocalAPI
import Messages
import Node
import Primitives
import Synchronization
import Testing

@testable import valence_node

/// What the node says of its own key, and of a rotation that it is told.
private final class Registry: Sendable {
    private let identity = Mutex<JSONValue>(.emptyObject)
    private let refusal = Mutex<APIResponse?>(nil)

    func know(key: String, rotatedTo successor: String? = nil) {
        let rotated = successor.map { [("rotated_to", JSONValue.string($0))] } ?? []
        self.identity.withLock { $0 = .object([("key", .string(key))] + rotated) }
    }

    func refuse(_ answer: APIResponse?) { self.refusal.withLock { $0 = answer } }

    @Sendable
    func answer(_ call: APICall) -> APIResponse {
        if call == .identity(nil) { return APIResponse(self.identity.withLock { $0 }) }
        return self.refusal.withLock { $0 } ?? APIResponse(.object([("id", .string("m"))]))
    }
}

@Suite("R-01-005: id rotate", .serialized)
struct RotateCommandTests {
    /// A node whose own key is known to it.
    private static func withNode(
        _ body: (_ node: StandIn, _ registry: Registry, _ own: NodeID) async throws -> Void
    ) async throws {
        let registry = Registry()
        try await StandIn.with(answering: registry.answer) { node in
            let own = NodeID(try node.directory.loadKey().publicKey)
            registry.know(key: own.hex)
            try await body(node, registry, own)
        }
    }

    private static func key(of node: StandIn) throws -> NodeID {
        NodeID(try node.directory.loadKey().publicKey)
    }

    private static func rotations(_ node: StandIn) -> [JSONValue] {
        node.calls.compactMap { call in
            if case .publish(.keyRotate, let payload) = call { payload } else { nil }
        }
    }

    @Test("the old key announces the new one, which consents, and is in place when that is stored")
    func rotates() async throws {
        try await Self.withNode { node, _, own in
            let printed = try await node.run(["id", "rotate"])
            let new = try Self.key(of: node)
            #expect(printed.failure == nil && printed.data == ["m"])
            #expect(
                printed.talk.last == "Now restart the node; it will run as \(new.hex)."
            )
            let payload = try #require(Self.rotations(node).first)
            #expect(payload["old_key"]?.string == own.hex)
            #expect(payload["new_key"]?.string == new.hex && new != own)
            let consent = KeyRotate.consentBytes(oldKey: own, newKey: new)
            let signature = try node.directory.loadKey().sign(consent)
            #expect(payload["new_key_signature"]?.string == signature.hex)
            #expect(try node.directory.preparedNode() == nil)
        }
    }

    @Test("a rotation that the node refuses changes no key, and the next try brings the same one")
    func refused() async throws {
        try await Self.withNode { node, registry, own in
            registry.refuse(APIResponse(status: 422, code: "rule", detail: "too soon; wait"))
            let refused = try await node.run(["id", "rotate"])
            #expect(refused.failure?.code == .refused && refused.data.isEmpty)
            #expect(try Self.key(of: node) == own)
            let prepared = try #require(try node.directory.preparedNode())
            registry.refuse(nil)
            _ = try await node.run(["id", "rotate"])
            let announced = Self.rotations(node).map { $0["new_key"]?.string }
            #expect(announced == [prepared.hex, prepared.hex])
            #expect(try Self.key(of: node) == prepared)
        }
    }

    @Test("a rotation that the node recorded before is finished without another one")
    func finishes() async throws {
        for words in [
            ["id", "rotate"], ["id", "rotate", "--json"], ["id", "rotate", "--contest"],
        ] {
            try await Self.withNode { node, registry, own in
                let next = NodeID(try node.directory.prepareRotation().publicKey)
                registry.know(key: own.hex, rotatedTo: next.hex)
                let printed = try await node.run(words)
                #expect(printed.failure == nil && Self.rotations(node).isEmpty)
                #expect(try Self.key(of: node) == next)
                if words.last == "--json" {
                    let json = try printed.json()
                    #expect(json["new_key"]?.string == next.hex)
                    #expect(json["already_rotated"]?.bool == true && printed.talk.isEmpty)
                } else {
                    #expect(printed.data == [next.hex] && printed.talk.count == 2)
                    #expect(printed.talk.first?.contains("recorded this rotation before") == true)
                }
            }
        }
    }

    @Test("SIG-04: a successor of somebody else is refused with both ways out, and contradicted")
    func foreign() async throws {
        try await Self.withNode { node, registry, own in
            registry.know(key: own.hex, rotatedTo: Parsed.hex)
            let refused = try await node.run(["id", "rotate"])
            #expect(refused.failure?.code == .refused)
            let detail = refused.failure?.detail ?? ""
            #expect(detail.contains(Parsed.hex) && detail.contains(node.directory.nextKeyPath))
            #expect(detail.contains("`valence-node id rotate --contest`"))
            #expect(try node.directory.preparedNode() == nil && Self.rotations(node).isEmpty)
            let contested = try await node.run(["id", "rotate", "--contest"])
            #expect(contested.failure == nil && Self.rotations(node).count == 1)
            #expect(try Self.key(of: node) != own)
        }
    }

    @Test("a node that runs under another key than its directory holds is to be restarted first")
    func otherKey() async throws {
        try await Self.withNode { node, registry, own in
            registry.know(key: Parsed.hex)
            let refused = try await node.run(["id", "rotate"])
            #expect(refused.failure?.code == .refused)
            #expect(refused.failure?.detail.contains("still runs as \(Parsed.hex)") == true)
            #expect(refused.failure?.detail.contains("holds the key \(own.hex)") == true)
            #expect(try node.directory.preparedNode() == nil && Self.rotations(node).isEmpty)
        }
    }

    @Test("a successor that is no key is a failure of the node")
    func noKey() async throws {
        try await Self.withNode { node, registry, own in
            registry.know(key: own.hex, rotatedTo: "xyz")
            let failed = try await node.run(["id", "rotate"])
            #expect(failed.failure?.code == .failed)
            #expect(failed.failure?.detail.contains("not a key: `xyz`") == true)
        }
    }

    @Test("a start warns of a rotation whose new key is not in its place, and of no other")
    func warning() async throws {
        try await Self.withNode { node, registry, own in
            #expect(await RotatedKey.warning(node.directory) == nil, "nothing was prepared")
            let next = NodeID(try node.directory.prepareRotation().publicKey)
            #expect(await RotatedKey.warning(node.directory) == nil, "nothing was announced")
            registry.know(key: own.hex, rotatedTo: Parsed.hex)
            #expect(await RotatedKey.warning(node.directory) == nil, "another one was")
            registry.know(key: own.hex, rotatedTo: next.hex)
            let warning = try #require(await RotatedKey.warning(node.directory))
            #expect(warning.hasPrefix("Warning: this node's key was rotated to \(next)"))
            #expect(
                warning.contains("`valence-node id rotate --data-dir \(node.directory.path)`")
            )
        }
    }
}
