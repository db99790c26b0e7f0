import GossipSub

/// How often the mesh is tended, and how wide it is.
///
/// A node always runs at the standard pace. A simulation of months in which every connection is
/// sound tends its mesh more seldom; the rules of the mesh stay the same.
public struct GossipPace: Sendable, Equatable {
    /// Time between two heartbeats.
    public var heartbeat = GossipLimits.heartbeat
    /// Peers wanted in the mesh of a topic; nil for the network's number.
    public var meshSize: Int?

    /// The standard pace.
    public init() {}

    /// The router's numbers at this pace.
    var parameters: GossipSubParameters {
        var parameters = GossipSubParameters.standard
        parameters.heartbeatInterval = max(1, Int64(self.heartbeat / .milliseconds(1)))
        // What is advertised must be known as seen for longer, or it is fetched again and again.
        parameters.seenLifetime = max(
            parameters.seenLifetime,
            parameters.heartbeatInterval * Int64(parameters.historyLength + 1)
        )
        guard let size = self.meshSize else { return parameters }
        parameters.meshSize = size
        parameters.meshSizeLow = max(1, size - 1)
        parameters.meshSizeHigh = size + 1
        parameters.gossipSize = size
        parameters.outboundSize = max(0, size / 2 - 1)
        parameters.bestScoresKept = max(1, size - 1)
        return parameters
    }
}
