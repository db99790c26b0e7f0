import Doors
import Kernel
import Primitives
import Synchronization

// A session reads what the token reads that asked for it, and ends with it.
extension TokenDesk {
    /// Makes a link to the dashboard for somebody.
    func makeLink(for caller: Caller) -> String {
        let secret = self.chance()
        return self.sessions.withLock {
            $0.link(secret, token: Bytes32(hex: caller.name), now: SystemClock.uptime)
        }
    }

    /// Opens a link; what the browser shows from now on, or nil.
    func openLink(_ link: String) -> String? {
        let secret = self.chance()
        return self.sessions.withLock { $0.open(link, secret, now: SystemClock.uptime) }
    }

    /// Whether somebody may read the dashboard.
    func mayRead(showing session: String) -> Bool {
        let entry = self.sessions.withLock { $0.session(session, now: SystemClock.uptime) }
        guard let entry else { return false }
        return entry.token.map { self.holds($0) } ?? true
    }
}
