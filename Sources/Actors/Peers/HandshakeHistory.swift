/// How the handshakes of a peer went.
///
/// Only one that succeeds makes up for those that failed, and not the next connection, which costs a
/// peer nothing.
struct HandshakeHistory: Sendable, Codable {
    /// The last one named another network than this node's.
    private(set) var isOfOtherNetwork = false
    /// Why the last one failed; nil after one that succeeded.
    private(set) var failure: String?
    private var failures = 0

    /// How long the peer is not dialled when its connection has ended, in milliseconds.
    var pause: Int64 {
        self.isOfOtherNetwork
            ? PeersLimits.dialPauseMaxMilliseconds : DialPause.after(failures: self.failures)
    }

    /// The peer named another network.
    mutating func namedOtherNetwork() { self.isOfOtherNetwork = true }

    /// One failed; a mismatch of networks explains all later failures, so it is not replaced by them.
    mutating func fail(_ reason: String) {
        if !self.isOfOtherNetwork || self.failure == nil { self.failure = reason }
        self.failures += 1
    }

    /// The peer proved its key and its work, and is of this network.
    mutating func succeed() { self = HandshakeHistory() }
}
