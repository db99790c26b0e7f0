import NIOCore
import Synchronization

// Bounds that may change while the host runs, and what they are compared with.

extension Swarm {
    /// Changes how many connections there may be, and how many bytes a second each way; nil for as many as
    /// the stack and the line carry.
    public func limit(connections: Int?, bytesPerSecond: Int64?) {
        self.shaper.limit(to: bytesPerSecond)
        let crowd = self.state.withLock { state in
            state.manager.limit(to: connections ?? SwarmLimits.connectionsMax)
            return state.manager.trimmed(now: .now()).compactMap { state.connections[$0] }
        }
        for connection in crowd { connection.tell { $0.close("there are too many connections") } }
    }

    /// Takes connections of others from now on, or none while memory is short.
    public func setOpen(_ isOpen: Bool) { self.state.withLock { $0.manager.setOpen(isOpen) } }

    /// Bytes of all sockets since the host began.
    public var traffic: (read: UInt64, written: UInt64) {
        (self.shaper.total(.inbound), self.shaper.total(.outbound))
    }
}
