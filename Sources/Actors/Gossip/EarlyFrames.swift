import OrderedCollections
import Primitives

/// What connected peers said before they had authenticated.
///
/// A starting node sends before its peers have proven who they are. A few bytes of that are kept for a
/// short time and processed when the peer has authenticated; the rest is dropped unread.
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

    /// Keeps a frame if there is room; the time limit of a peer starts with its first frame.
    mutating func keep(_ frame: [UInt8], from peer: NodeID, now: Timestamp) {
        let until = now.adding(milliseconds: GossipLimits.earlyMilliseconds)
        self.held[peer, default: Held(until: until)].frames.append(frame)
        self.held[peer]?.bytes += frame.count
        self.bytes += frame.count
    }

    /// Removes and returns the frames of a peer, in order.
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
