import Multiformats
import NIOCore

/// One dial: what was asked for, and the addresses behind it that are tried one after the other.
struct Dial: Sendable {
    let id: ConnectionManager.ID
    /// What the caller named, and what its outcome is reported for.
    let asked: Multiaddr
    /// The address of the present attempt.
    var target: Multiaddr
    var rest: ArraySlice<Multiaddr> = []
    /// After which no further address is tried.
    let deadline: NIODeadline

    /// Where a connection of this dial leads, as others are to know it.
    ///
    /// A `/dnsaddr` stands for a host whose addresses change, so it is not replaced by one of them.
    var address: Multiaddr {
        if case .dnsaddr? = self.asked.components.first { self.asked } else { self.target }
    }
}
