import OrderedCollections
import Primitives

/// What connected peers said before they had authenticated.
///
/// A node that starts speaks before its peers have proven who it is. A little of that is kept, few
/// bytes for a short time, and heard when the peer has authenticated; the rest is dropped unseen.
struct EarlyFrames: Sendable {
    private struct Held: Sendable {
        var frames: [[UInt8]] = []
        var bytes = 0
        let until: Timestamp
    }

    private var held: OrderedDictionary<NodeID, Held> = [:]
    private var bytes = 0

    /// Whether a frame of this size can be kept for the peer.
    func hasRoom(for frame: [UInt8], from peer: NodeID) -> Bool {
        guard self.bytes + frame.count <= GossipLimits.earlyBytesMax else { return false }
        let known = self.held[peer]
        return known?.frames.count ?? 0 < GossipLimits.earlyFramesPerPeerMax
            && (known?.bytes ?? 0) + frame.count <= GossipLimits.earlyBytesPerPeerMax
    }

    /// Keeps a frame that there is room for; the time of a peer runs from its first one.
    mutating func keep(_ frame: [UInt8], from peer: NodeID, now: Timestamp) {
        let until = now.adding(milliseconds: GossipLimits.earlyMilliseconds)
        self.held[peer, default: Held(until: until)].frames.append(frame)
        self.held[peer]?.bytes += frame.count
        self.bytes += frame.count
    }

    /// Hands out what a peer said, in its order.
    mutating func take(from peer: NodeID) -> [[UInt8]] {
        guard let held = self.held.removeValue(forKey: peer) else { return [] }
        self.bytes -= held.bytes
        return held.frames
    }

    /// Forgets what a peer said.
    mutating func drop(_ peer: NodeID) { _ = self.take(from: peer) }

    /// Forgets what peers said that did not authenticate in time.
    mutating func expire(now: Timestamp) {
        for peer in self.held.filter({ $0.value.until <= now }).keys { self.drop(peer) }
    }
}
