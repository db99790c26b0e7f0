public import Kernel
public import Primitives

/// What a status report says of the node beyond what its subsystems know.
public struct NodeAbout: Sendable {
    /// Semantic version of the software.
    public var version: String
    /// The node's key as libp2p writes it.
    public var peerID: String
    /// What the description of the network calls it; empty without one.
    public var networkName: String
    /// The hash that members of the network have in common; nil without a description.
    public var networkHash: Bytes32?
    /// When this run began.
    public var startedAt: Moment

    /// Describes a node.
    public init(
        version: String,
        peerID: String,
        networkName: String,
        networkHash: Bytes32?,
        startedAt: Moment
    ) {
        self.version = version
        self.peerID = peerID
        self.networkName = networkName
        self.networkHash = networkHash
        self.startedAt = startedAt
    }

    /// Members of a status report.
    func members(now: Moment) -> [(String, JSONValue)] {
        let span = now.milliseconds - self.startedAt.milliseconds
        return [
            (
                "node",
                .object([
                    ("version", .string(self.version)), ("peer_id", .string(self.peerID)),
                    ("started_at", .integer(self.startedAt.milliseconds)),
                    ("uptime_ms", .integer(max(0, span))),
                ])
            ),
            (
                "network",
                .object([
                    ("name", .string(self.networkName)),
                    ("hash", self.networkHash.map { .string($0.hex) } ?? .null),
                ])
            ),
        ]
    }
}
