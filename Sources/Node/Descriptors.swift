import Glibc

/// The file descriptors of this process: without enough of them a node cannot even say what is
/// wrong.
package enum Descriptors {
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    /// Takes as many as the system gives, up to what a node can use.
    ///
    /// - Returns: how many there are now.
    /// - Throws: ``NodeError/tooFewDescriptors(have:need:)``.
    package static func prepare() throws(NodeError) -> UInt64 {
        var limit = rlimit()
        guard getrlimit(Self.resource, &limit) == 0 else { return DirectoryLimits.descriptorsMin }
        let wanted = min(UInt64(limit.rlim_max), DirectoryLimits.descriptorsWanted)
        if UInt64(limit.rlim_cur) < wanted {
            var raised = limit
            raised.rlim_cur = rlim_t(wanted)
            if setrlimit(Self.resource, &raised) == 0 { limit = raised }
        }
        let count = UInt64(limit.rlim_cur)
        guard count >= DirectoryLimits.descriptorsMin else {
            throw .tooFewDescriptors(have: count, need: DirectoryLimits.descriptorsMin)
        }
        return count
    }

    /// How many this process may have.
    static var count: Int {
        var limit = rlimit()
        return getrlimit(Self.resource, &limit) == 0 ? Int(clamping: UInt64(limit.rlim_cur)) : 0
    }

    /// Connections of each door of the local API; the rest is for the transport and the log.
    static func apiConnections(of descriptors: UInt64) -> Int {
        let share = Int(clamping: descriptors / DirectoryLimits.apiConnectionsDivisor)
        return min(share, DirectoryLimits.apiConnectionsMax)
    }
}
