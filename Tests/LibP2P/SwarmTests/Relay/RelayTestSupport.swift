import Multiformats
import NIOCore
import Relay
import StackSupport
import Synchronization
import Testing

@testable import Swarm

/// A time of day that tests move.
final class TestClock: Sendable {
    /// A time at which certificates are valid.
    private let seconds = Mutex<UInt64>(1_700_000_000)

    var now: UInt64 { self.seconds.withLock { $0 } }

    func advance(by count: UInt64) { self.seconds.withLock { $0 += count } }
}

extension Host {
    /// A host that serves as a relay.
    static func relay(_ configure: (inout SwarmConfiguration) -> Void = { _ in }) async throws
        -> Host
    {
        try await Host {
            $0.reachability = .reachable
            configure(&$0)
        }
    }

    /// A host that listens nowhere, and looks for relays without a pause.
    static func hidden(_ configure: (inout SwarmConfiguration) -> Void = { _ in }) async throws
        -> Host
    {
        try await Host {
            $0.listen = []
            $0.upkeepPause = .milliseconds(20)
            configure(&$0)
        }
    }

    /// Waits until this host can be reached through a relay, and tells where.
    func relayed() async throws -> Multiaddr {
        try await eventually("a reservation") { self.notes.now.relayAddresses.count == 1 }
        return try #require(self.notes.now.relayAddresses.first)
    }

    /// Dials an address of a peer and waits until both know each other.
    func meet(_ other: Host, at address: Multiaddr) async throws {
        self.swarm.dial(address)
        try await eventually("the meeting at \(address)") {
            #expect(self.notes.now.dialFailures.isEmpty)
            return self.notes.now.connected.contains(other.peer)
                && other.notes.now.connected.contains(self.peer)
        }
    }

    /// Exchanges in both directions.
    func exchange(with other: Host, token: UInt64) async throws {
        #expect(try await self.ask(other.peer, [1, 2, 3], token: token) == [3, 2, 1])
        #expect(try await other.ask(self.peer, [4, 5, 6], token: token) == [6, 5, 4])
    }

    /// Exchanges, and frames once they go both ways, in both directions.
    func converse(with other: Host, token: UInt64) async throws {
        try await self.exchange(with: other, token: token)
        try await eventually("the streams for frames") {
            self.notes.now.ready.contains(other.peer) && other.notes.now.ready.contains(self.peer)
        }
        let mark = UInt8(token)
        self.swarm.send(frame: [2, 1, mark], to: other.peer)
        other.swarm.send(frame: [2, 2, mark], to: self.peer)
        try await eventually("the frames") {
            other.notes.now.frames.contains([1, mark]) && self.notes.now.frames.contains([2, mark])
        }
    }

    /// Whether the connection to a peer leads through a relay; nil when there is none.
    func isLimited(to other: Host) -> Bool? { self.swarm.primary(of: other.peer)?.isLimited }
}
