import Cryptography
import Discovery
import Foundation
import Messages
import Multiformats
import Primitives
import StackSupport
import SwarmTransport
import Testing

@testable import Node

@Suite("What the doctor finds", .serialized, .timeLimit(.minutes(2)))
struct DoctorTests {
    private static func folder() -> String {
        FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
    }

    /// Milliseconds since 1970.
    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    /// The steps on the way to a node that takes a stranger in.
    private static let way = ["TCP", "encryption", "identify", "protocols", "authentication"]

    /// Makes a node and starts it.
    private static func node(in path: String, _ more: [String] = []) throws -> NodeProcess {
        if !FileManager.default.fileExists(atPath: path) {
            _ = try DataDirectory(path: path).initialise()
        }
        return try NodeProcess(path, more)
    }

    private static func address(of node: NodeProcess) throws -> String {
        try #require(node.ready["listen"]?.elements?.first?.string)
    }

    @Test("an address is tried step by step to the handshake of both sides, up to what fails")
    func probe() async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let node = try Self.node(in: path)
        let address = try Self.address(of: node)
        let probe = AddressProbe(patience: .seconds(20))
        let good = await probe.steps(to: address)
        #expect(good.map(\.name) == Self.way)
        #expect(good.allSatisfy { $0.outcome == .good && $0.address == address }, "\(good)")

        let stranger = PeerID(
            ed25519: try SigningKey(seed: Array(repeating: 7, count: 32)).publicKey
        )
        let place = try #require(address.components(separatedBy: "/p2p/").first)
        let other = await probe.steps(to: "\(place)/p2p/\(stranger)")
        #expect(other.map(\.name) == ["TCP", "encryption"], "\(other)")
        #expect(other.map(\.outcome) == [.good, .bad], "\(other)")
        #expect(node.stop() == 0)

        let gone = await probe.steps(to: address)
        #expect(gone.map(\.name) == ["TCP"] && gone.map(\.outcome) == [.bad])
        #expect(gone.first?.detail.contains("nobody listens there") == true, "\(gone)")
        let none = await probe.steps(to: "no address")
        #expect(none.map(\.name) == ["address"] && none.first?.outcome == .bad)
    }

    @Test("names and TXT records are steps of their own, and lead to the addresses behind them")
    func names() async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let node = try Self.node(in: path)
        let address = try Self.address(of: node)
        let record = "dnsaddr=\(address)"
        let server = try await LoopbackDNS([
            "_dnsaddr.nodes.example": [record], "_valence-bootstrap._tcp.example": [record],
            "_dnsaddr.empty.example": ["v=spf1 -all"],
        ])
        let dns = DNSClient(servers: [server.address])
        let probe = AddressProbe(patience: .seconds(20), dns: dns)
        let behind = await probe.steps(to: "/dnsaddr/nodes.example")
        #expect(behind.map(\.name) == ["name"] + Self.way, "\(behind)")
        #expect(behind.first?.detail.contains(address) == true)
        #expect(behind.last?.address == address)
        let domain = await probe.steps(below: "_valence-bootstrap._tcp.example")
        #expect(domain.map(\.name) == ["name"] + Self.way, "\(domain)")
        for name in ["/dnsaddr/empty.example", "/dnsaddr/unknown.example"] {
            let failed = await probe.steps(to: name)
            #expect(failed.map(\.name) == ["name"] && failed.map(\.outcome) == [.bad], "\(failed)")
        }
        let port = try #require(address.split(separator: "/").dropFirst(3).first)
        let host = await probe.steps(to: "/dns4/localhost/tcp/\(port)")
        #expect(host.map(\.name) == ["name"] + Self.way, "\(host)")
        let wrong = await probe.steps(to: "/dns4/nobody.invalid/tcp/\(port)")
        #expect(wrong.map(\.name) == ["name"] && wrong.first?.outcome == .bad, "\(wrong)")
        #expect(node.stop() == 0)
        await server.stop()
    }

    @Test("who belongs to another network, or to none, is told so by the handshake")
    func otherNetwork() async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let id = try DataDirectory(path: path).initialise()
        let founder = NetworkDescription.Founder(node: id, score: .one)
        let ours = NetworkDescription(name: "ours", founders: [founder])
        let file = "\(path)/network.json"
        try ours.write(to: file)
        let node = try NodeProcess(path, ["--genesis", file])
        let address = try Self.address(of: node)
        let other = NetworkMark(hash: SHA256Digest.hash([2]), name: "other")
        for (network, words) in [
            (other, "another network: it belongs to ours/"), (nil, "--genesis"),
        ]
            as [(NetworkMark?, String)]
        {
            let steps = await AddressProbe(network: network).steps(to: address)
            #expect(steps.map(\.name) == Self.way, "\(steps)")
            #expect(steps.last?.outcome == .bad)
            #expect(steps.last?.detail.contains(words) == true, "\(steps)")
        }
        let same = await AddressProbe(network: ours.mark).steps(to: address)
        #expect(same.last?.outcome == .good, "\(same)")
        #expect(node.stop() == 0)
    }

    @Test("a message of the own key that the own log lacks is found with its date at a peer")
    func ownRecord() throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (first, copy, friend) = ("\(path)/first", "\(path)/copy", "\(path)/friend")
        let id = try DataDirectory(path: first).initialise()
        let founder = NetworkDescription.Founder(node: id, score: .one)
        let file = "\(path)/network.json"
        try NetworkDescription(name: "lab", founders: [founder]).write(to: file)
        let peer = try Self.node(in: friend, ["--genesis", file])
        let address = try Self.address(of: peer)
        func doctor(_ directory: String) throws -> [JSONValue] {
            let words = ["doctor", "--genesis", file, "--bootstrap", address, "--json"]
            let outcome = try NodeProgram.run(words + ["--data-dir", directory])
            return try outcome.json()["findings"]?.elements ?? []
        }
        func record(_ findings: [JSONValue]) -> JSONValue? {
            findings.first { $0["step"]?.string == "own record" }
        }
        let start = ["--genesis", file, "--genesis-node", "--bootstrap", address]
        let node = try NodeProcess(first, start)
        #expect(try node.call(["request", "new", "--title", "before"])["id"]?.string != nil)
        #expect(node.stop() == 0)
        // An old copy of the directory, and then the node goes on.
        try FileManager.default.copyItem(atPath: first, toPath: copy)
        let same = record(try doctor(first))
        #expect(same?["state"]?.string == "ok", "\(String(describing: same))")
        let again = try NodeProcess(first, start)
        let news = try #require(
            try again.call(["request", "new", "--title", "news"])["id"]?.string
        )
        var hasArrived = false
        for _ in 0..<100 where !hasArrived {
            let list = try peer.call(["request", "list"])["requests"]?.elements ?? []
            hasArrived = list.contains { $0["id"]?.string == news }
            if !hasArrived { Thread.sleep(forTimeInterval: 0.1) }
        }
        #expect(hasArrived && again.stop() == 0)
        let found = record(try doctor(copy))
        #expect(found?["state"]?.string == "failed", "\(String(describing: found))")
        #expect(found?["address"]?.string == address)
        #expect(found?["detail"]?.string?.contains(news) == true)
        #expect(found?["detail"]?.string?.contains("Stop the other process") == true)
        #expect(record(try doctor(first))?["state"]?.string == "ok")
        #expect(peer.stop() == 0)
    }

    @Test("what a node begins with is tried without being named, and the cap of the disk counts")
    func settings() throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try DataDirectory(path: path).initialise()
        let text = """
            bootstrap = ["/ip4/127.0.0.1/tcp/1"]
            max-disk = "256MiB"
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/config.toml"))
        let outcome = try NodeProgram.run(["doctor", "--json", "--data-dir", path])
        #expect(outcome.status == 1)
        let findings = try outcome.json()["findings"]?.elements ?? []
        func finding(_ subject: String) -> JSONValue? {
            findings.first { $0["subject"]?.string == subject }
        }
        let dial = finding("/ip4/127.0.0.1/tcp/1: TCP")
        #expect(dial?["state"]?.string == "failed" && dial?["step"]?.string == "TCP")
        #expect(dial?["address"]?.string == "/ip4/127.0.0.1/tcp/1")
        let disk = finding("disk")
        #expect(disk?["state"]?.string == "warning")
        #expect(disk?["detail"]?.string?.contains("raise max-disk") == true)
    }

    @Test("a closed port that is dialled is shown with its time and what failed")
    func peerShow() throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try DataDirectory(path: path).initialise()
        let peer = PeerID(ed25519: try SigningKey(seed: Array(repeating: 9, count: 32)).publicKey)
        // The port of TCP's own multiplexer, on which nobody listens.
        let place = "/ip4/127.0.0.1/tcp/1"
        let before = Self.now
        let node = try NodeProcess(path, ["--bootstrap", "\(place)/p2p/\(peer)"])
        for name in ["\(peer)", "\(place)/p2p/\(peer)"] {
            var dial: JSONValue?
            for _ in 0..<100 {
                dial = try node.call(["peer", "show", name])["dials"]?.elements?.first
                if dial?["outcome"]?.string == "failed" { break }
                Thread.sleep(forTimeInterval: 0.1)
            }
            #expect(dial?["address"]?.string == place)
            #expect(dial?["step"]?.string == "dial")
            #expect(dial?["error"]?.string?.contains("nobody listens there") == true)
            let began = try #require(dial?["at"]?.integer)
            #expect(began >= before && began <= Self.now)
        }
        let words = try NodeProgram.run(["peer", "show", "\(peer)", "--data-dir", path])
        #expect(words.output.contains("dial failed: connecting failed: nobody listens there"))
        let unknown = try NodeProgram.run([
            "peer", "show", "/ip4/192.0.2.1/tcp/1", "--data-dir", path,
        ])
        #expect(unknown.status != 0 && unknown.errors.contains("peer list"))
        #expect(node.stop() == 0)
    }

    @Test("the machine and the running node are looked at; what fails makes the exit code")
    func command() throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try DataDirectory(path: path).initialise()
        let node = try NodeProcess(path)
        let findings = try node.call(["doctor"])["findings"]?.elements ?? []
        let states = findings.map {
            "\($0["subject"]?.string ?? ""): \($0["state"]?.string ?? "")"
        }
        for expected in ["key: ok", "disk: ok", "node: ok", "identity: ok", "earnings: warning"] {
            #expect(states.contains(expected), "\(states)")
        }
        #expect(node.stop() == 0)
    }
}
