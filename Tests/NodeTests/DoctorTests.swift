import Cryptography
import Foundation
import Multiformats
import Primitives
import SwarmTransport
import Testing

@testable import Node

@Suite("What the doctor finds", .serialized, .timeLimit(.minutes(2)))
struct DoctorTests {
    private static func folder() -> String {
        FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
    }

    @Test("an address is tried step by step, up to the one that fails")
    func probe() async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try DataDirectory(path: path).initialise()
        let node = try NodeProcess(path)
        let address = try #require(node.ready["listen"]?.elements?.first?.string)
        let probe = AddressProbe(patience: .seconds(20))
        let good = await probe.steps(to: address)
        #expect(good.map(\.name) == ["connection", "identify", "protocols"])
        #expect(good.filter { !$0.isGood }.isEmpty, "\(good)")

        let stranger = PeerID(
            ed25519: try SigningKey(seed: Array(repeating: 7, count: 32)).publicKey
        )
        let place = try #require(address.components(separatedBy: "/p2p/").first)
        let other = await probe.steps(to: "\(place)/p2p/\(stranger)")
        #expect(other.map(\.isGood) == [false] && other.first?.name == "connection", "\(other)")
        #expect(node.stop() == 0)

        let gone = await probe.steps(to: address)
        #expect(gone.map(\.isGood) == [false])
        #expect(gone.first?.detail.contains("nobody listens there") == true, "\(gone)")
        let none = await probe.steps(to: "no address")
        #expect(none.map(\.name) == ["address"] && none.first?.isGood == false)
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
