import Multiformats
import NIOCore

/// Notices when a host that listens on all interfaces has other addresses than before.
///
/// Pure: times and addresses go in. Systems have no portable call that tells of a change, so somebody
/// looks from time to time.
struct InterfaceWatch: Sendable {
    private let pause: TimeAmount
    private var nextLook: NIODeadline?
    private var known: Set<Multiaddr>?

    init(pause: TimeAmount) { self.pause = pause }

    /// Whether it is time to look; the next time is after a pause then.
    mutating func isDue(at now: NIODeadline) -> Bool {
        if let nextLook, now < nextLook { return false }
        self.nextLook = now + self.pause
        return true
    }

    /// Whether these are other addresses than last time; their order says nothing, and the first look
    /// brings no news.
    mutating func isNews(_ addresses: [Multiaddr]) -> Bool {
        defer { self.known = Set(addresses) }
        return self.known.map { $0 != Set(addresses) } ?? false
    }
}
