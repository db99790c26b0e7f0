package import NIOCore
import NIOPosix

/// The system's resolver, limited to the address families that `/dns4` and `/dns6` ask for.
package struct HostResolver: Resolver, Sendable {
    package enum Families: Sendable { case both, ipv4, ipv6 }

    package let families: Families
    private let loop: any EventLoop
    private let system: NIORandomizedDNSResolver

    package init(_ families: Families, on loop: any EventLoop) {
        self.families = families
        self.loop = loop
        self.system = NIORandomizedDNSResolver(loop: loop)
    }

    package func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        // The system answers both questions at once, so both are asked and one answer is dropped.
        self.system.initiateAQuery(host: host, port: port)
            .map { self.families == .ipv6 ? [] : $0 }
    }

    package func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        self.system.initiateAAAAQuery(host: host, port: port)
            .map { self.families == .ipv4 ? [] : $0 }
    }

    package func cancelQueries() { self.system.cancelQueries() }
}
