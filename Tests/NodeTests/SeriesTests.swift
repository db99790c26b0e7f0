import Cryptography
import Foundation
import Logging
import Multiformats
import NIOCore
import NIOPosix
import Primitives
import Swarm
import SwarmTransport
import Testing

@testable import Node

@Suite("ADR 0075: what monitors read of a real node", .serialized, .timeLimit(.minutes(3)))
struct SeriesTests {
    /// A node, and whoever asks it over HTTP.
    private func withNode(_ body: (NodeProcess, Caller) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try DataDirectory(path: path).initialise()
        let node = try NodeProcess(path)
        try await body(node, try Caller(node))
        #expect(node.stop() == 0)
    }

    /// The samples of all figures: what stands before the value, and the value.
    private static func samples(_ caller: Caller) async throws -> [String: Double] {
        let text = String(decoding: try await caller.bytes("/metrics").bytes, as: UTF8.self)
        var samples: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let end = try #require(line.lastIndex(of: " "))
            let name = String(line[..<end])
            #expect(samples[name] == nil, "twice: \(name)")
            samples[name] = Double(line[line.index(after: end)...]) ?? .nan
        }
        return samples
    }

    @Test("1,000 peers later there are the series of ten: at most 600, and no peer in any")
    func thousandPeers() async throws {
        try await self.withNode { node, caller in
            let address = try #require(node.ready["listen"]?.elements?.first?.string)
            let crowd = try Crowd(at: address)
            // One goes all the way, so that figures of handshakes move as well.
            let way = await AddressProbe().steps(to: address)
            #expect(way.last?.name == "authentication" && way.last?.outcome == .good, "\(way)")
            try await crowd.visit(10)
            let few = try await Self.samples(caller)
            for _ in 0..<18 { try await crowd.visit(55) }
            let known = try node.call(["status"])["peers"]?["known"]?.integer ?? 0
            #expect(known >= 1_000, "the node met \(known)")
            let many = try await Self.samples(caller)
            #expect(many.count <= 600 && !many.isEmpty)
            #expect(Set(many.keys) == Set(few.keys))
            let keys = try await crowd.stop()
            for name in many.keys {
                #expect(name.firstMatch(of: /12D3Koo|[0-9a-f]{64}/) == nil, "\(name)")
                #expect(!keys.contains { name.contains($0) }, "\(name)")
            }
            // They were noticed: something else than series grew.
            let peers = "valence_transport_connected_peers"
            #expect(many[peers] != nil && many.contains { few[$0.key] != $0.value })
        }
    }

    @Test("readiness asks one subsystem with one envelope, and disturbs no other")
    func readiness() async throws {
        try await self.withNode { _, caller in
            func delivered() async throws -> [String: Double] {
                let prefix = "valence_kernel_delivered_envelopes_total"
                return try await Self.samples(caller).filter { $0.key.hasPrefix(prefix) }
            }
            // Nothing of the start is under way any more.
            try await Task.sleep(for: .seconds(2))
            let before = try await delivered()
            let count = 300
            for _ in 0..<count {
                let answer = try await caller.get("/readyz", withToken: false)
                #expect(answer.body["checks"] != nil || answer.status == 200)
            }
            let after = try await delivered()
            #expect(before.count >= 10)
            for (name, value) in after {
                let grown = value - (before[name] ?? 0)
                if name.lowercased().contains("local") {
                    // Beside them those of the two looks at the figures.
                    #expect(
                        grown >= Double(count) && grown < Double(count) * 1.2,
                        "\(name) \(grown)"
                    )
                } else {
                    #expect(grown < Double(count) / 3, "\(name) \(grown)")
                }
            }
        }
    }
}

/// Hosts that connect to a node, each with a key of its own, and leave.
private actor Crowd {
    private struct Guest: SwarmDelegate {
        let told: AsyncStream<Bool>.Continuation

        func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool) {
            self.told.yield(true)
        }
        func dialFailed(_ address: Multiaddr, reason: String) { self.told.yield(false) }
        func listening(on addresses: [Multiaddr]) {}
        func disconnected(_ peer: PeerID, reason: String) {}
        func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool) {}
        func received(frame: [UInt8], from peer: PeerID) {}
        func exchangeRequested(id: UInt64, peer: PeerID, protocolID: String, request: [UInt8]) {}
        func exchangeAnswered(token: UInt64, answer: [UInt8]) {}
        func exchangeFailed(token: UInt64, reason: String) {}
    }

    private let address: Multiaddr
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private var keys: [String] = []

    init(at address: String) throws { self.address = try Multiaddr(address) }

    /// So many come at once, and go again.
    func visit(_ count: Int) async throws {
        var swarms: [Swarm] = []
        for _ in 0..<count {
            let key = SigningKey.generate()
            let (events, told) = AsyncStream<Bool>.makeStream()
            let configuration = SwarmConfiguration(
                identity: key,
                listen: [],
                agentVersion: "guest",
                exchangeProtocols: [],
                longLivedProtocols: []
            )
            let swarm = Swarm(
                configuration: configuration,
                delegate: Guest(told: told),
                group: self.group,
                logger: Logger(label: "guest") { _ in SwiftLogNoOpLogHandler() }
            )
            swarm.dial(self.address)
            let isConnected = await events.first { _ in true }
            #expect(isConnected == true)
            swarms.append(swarm)
            self.keys += ["\(configuration.localPeer)", Hex.encode(key.publicKey.rawBytes.array)]
        }
        for swarm in swarms { await swarm.shutdown() }
    }

    /// Ends, and tells how they are called.
    func stop() async throws -> [String] {
        try await self.group.shutdownGracefully()
        return self.keys
    }
}
