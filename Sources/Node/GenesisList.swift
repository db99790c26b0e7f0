import Messages
public import Primitives

/// The founders of a network and the scores they start with (D-36).
///
/// The file is one JSON object: `{"genesis": {"<node id>": <score in millionths>, …}}`. A score may
/// also be written as a decimal in quotes, such as `"0.5"`.
public struct GenesisList: Sendable, Equatable {
    /// Sorted by node id.
    public let founders: [(node: NodeID, score: FixedPoint)]

    /// Equality of the bytes.
    public static func == (left: Self, right: Self) -> Bool { left.json == right.json }

    /// Sorts the founders.
    public init(_ founders: [(node: NodeID, score: FixedPoint)] = []) {
        self.founders = founders.sorted { $0.node < $1.node }
    }

    /// Reads a genesis file.
    ///
    /// - Throws: ``NodeError/invalidGenesis(path:cause:)``.
    public init(path: String) throws(NodeError) {
        let bytes = try Files.read(path)
        do {
            let root = try JSONDocument(scanning: bytes).root
            guard let members = root["genesis"]?.members else {
                throw GenesisCause(text: "it has no member `genesis`")
            }
            self.init(try members.map { try Self.founder($0.key, $0.value) })
        } catch {
            throw .invalidGenesis(path: path, cause: "\(error)")
        }
    }

    private struct GenesisCause: Error, CustomStringConvertible {
        let text: String
        var description: String { self.text }
    }

    private static let lowest = FixedPoint(millionths: 100_000)

    private static func founder(_ key: String, _ value: JSONView) throws
        -> (node: NodeID, score: FixedPoint)
    {
        guard let node = NodeID(hex: key) else {
            throw GenesisCause(text: "`\(key)` is not a node id")
        }
        let score =
            value.integer.map { FixedPoint(millionths: $0) }
            ?? value.string.flatMap { FixedPoint(decimal: $0) }
        guard let score, (Self.lowest...FixedPoint.one).contains(score) else {
            throw GenesisCause(text: "the score of \(key) is not within 100000 and 1000000")
        }
        return (node, score)
    }

    /// The file's content.
    public var json: JSONValue {
        let scores = self.founders.map { ($0.node.hex, JSONValue.integer($0.score.millionths)) }
        return .object([("genesis", .object(scores))])
    }

    /// Announced by nodes for diagnosis (D-36); nil for an empty list.
    public var hash: Bytes32? {
        self.founders.isEmpty ? nil : SHA256Digest.hash(self.json.canonicalBytes())
    }
}
