import Messages
import Multiformats
import Primitives

// Reading and writing a network's description.
extension NetworkDescription {
    private struct Flaw: Error, CustomStringConvertible {
        let description: String
    }

    private static let lowest = FixedPoint(millionths: 100_000)
    private static let members = ["bootstrap", "founders", "name"]

    /// Reads a description.
    ///
    /// - Throws: ``NodeError/invalidNetwork(path:cause:)`` that names the member and what it must be.
    public init(path: String) throws(NodeError) {
        let bytes = try Files.read(path)
        do {
            try self.init(JSONDocument(scanning: bytes).root)
        } catch {
            throw .invalidNetwork(path: path, cause: "\(error)")
        }
    }

    /// Writes the description where no file is yet.
    public func write(to path: String) throws(NodeError) {
        guard !Files.exists(path) else {
            throw .file(path: path, cause: "there is a file already; choose another name")
        }
        try Files.write(self.json.canonicalBytes() + [0x0a], to: path, mode: 0o644)
    }

    private init(_ root: JSONView) throws {
        guard let members = root.members else { throw Flaw(description: "it is not an object") }
        for (key, _) in members where !Self.members.contains(key) {
            let known = Self.members.joined(separator: ", ")
            throw Flaw(description: "unknown member `\(key)`; known are \(known)")
        }
        guard let founders = root["founders"]?.members else {
            throw Flaw(description: "`founders` must be an object of node ids with their scores")
        }
        let bootstrap = try (root["bootstrap"]?.elements ?? []).map { element in
            guard let text = element.string else {
                throw Flaw(description: "`bootstrap` must be a list of multiaddrs")
            }
            _ = try Multiaddr(text)
            return text
        }
        self.init(
            name: root["name"]?.string ?? "",
            founders: try founders.map { try Self.founder($0.key, $0.value) },
            bootstrap: bootstrap
        )
    }

    private static func founder(_ key: String, _ value: JSONView) throws -> Founder {
        guard let node = NodeID(hex: key) else {
            throw Flaw(description: "`\(key)` is not a node id of 64 lower-case hex characters")
        }
        let score =
            value.integer.map { FixedPoint(millionths: $0) }
            ?? value.string.flatMap { FixedPoint(decimal: $0) }
        guard let score, (Self.lowest...FixedPoint.one).contains(score) else {
            throw Flaw(description: "the score of \(key) is not within 100000 and 1000000")
        }
        return Founder(node: node, score: score)
    }
}
