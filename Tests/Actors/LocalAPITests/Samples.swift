import Messages
import Primitives

/// Names, times and amounts to tell members of an answer apart.
enum Samples {
    static let nodes = (0..<4).map { NodeID(SHA256Digest.hash([UInt8($0)])) }
    static let ids = (0..<6).map { MessageID(SHA256Digest.hash([9, UInt8($0)])) }

    static func hex(_ node: Int) -> String { Self.nodes[node].hex }

    static func time(_ milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds)
    }

    static func amount(_ millionths: Int64) -> FixedPoint {
        FixedPoint(millionths: millionths)
    }
}
