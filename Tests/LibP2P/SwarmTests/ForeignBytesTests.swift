import Cryptography
import Discovery
import Foundation
import Multiformats
import Primitives
import Relay
import Testing

@testable import Swarm

@Suite("Messages of strangers besides the streams")
struct ForeignBytesTests {
    private static let corpora = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fuzz/corpora")

    private static func seeds(_ decoder: String) throws -> [(name: String, bytes: [UInt8])] {
        let folder = Self.corpora.appendingPathComponent(decoder)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            ($0, Array(try Data(contentsOf: folder.appendingPathComponent($0))))
        }
    }

    private func own() throws -> PeerID {
        PeerID(ed25519: try SigningKey(seed: [UInt8](repeating: 1, count: 32)).publicKey)
    }

    /// What a decoder makes of a fuzzer's input; nil when it refuses it.
    private func read(_ decoder: String, _ input: [UInt8]) throws -> [UInt8]? {
        switch (decoder, input.first.map { $0 % 6 }) {
        case ("dns", _): return ForeignNames.dns(input)
        case ("identify", _):
            return ForeignBytes.identify(input, of: try self.own()).map { _ in [] }
        case (_, 0?): return ForeignRelayMessages.hop(Array(input.dropFirst())).map { [0] + $0 }
        case (_, 1?): return ForeignRelayMessages.stop(Array(input.dropFirst())).map { [1] + $0 }
        case (_, 3?):
            return ForeignRelayMessages.holePunch(Array(input.dropFirst())).map { [3] + $0 }
        case (_, 5?): return ForeignRelayMessages.voucher(Array(input.dropFirst())).map { [5] + $0 }
        case (_, 4?):
            let message = Array(input.dropFirst())
            let seen = try Multiaddr("/ip4/192.168.1.2/tcp/4001")
            return ForeignRelayMessages.dialBack(message, of: try self.own(), at: seen).map { _ in
                input
            }
        default:
            return ForeignRelayMessages.isReachabilityAnswer(Array(input.dropFirst())) ? input : nil
        }
    }

    @Test("the fuzzers start from messages that are read", arguments: ["dns", "identify", "relay"])
    func seeds(decoder: String) throws {
        let seeds = try Self.seeds(decoder)
        #expect(seeds.count >= 3)
        for (name, bytes) in seeds {
            #expect(try self.read(decoder, bytes) != nil, "\(name)")
        }
    }

    @Test("a byte changed or missing traps nothing, and what is read has one own form")
    func noise() throws {
        var random = SplitMix64(seed: 1)
        var read = 0
        for decoder in ["dns", "relay"] {
            for (name, bytes) in try Self.seeds(decoder) {
                for place in bytes.indices {
                    var changed = bytes
                    changed[place] = UInt8(truncatingIfNeeded: random.next())
                    for input in [changed, Array(bytes[..<place])] {
                        if let form = try self.read(decoder, input) {
                            read += 1
                            let again = try self.read(decoder, form)
                            #expect(again == form, "\(name) at \(place)")
                        }
                    }
                }
            }
        }
        #expect(read > 0)
    }

    @Test("no neighbour makes a host say more than a message holds, or find itself")
    func neighbours() throws {
        let own = try self.own()
        for (name, bytes) in try Self.seeds("dns") {
            for answer in ForeignNames.multicastDNS(bytes, to: own) {
                #expect(answer.count <= DNSLimits.messageBytesMax && answer != own.bytes, "\(name)")
            }
        }
    }
}
