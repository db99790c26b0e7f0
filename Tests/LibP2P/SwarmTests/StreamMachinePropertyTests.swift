import MultistreamSelect
import NIOCore
import Primitives
import Relay
import Testing
import Yamux

@testable import Swarm

@Suite("Streams of a connection, whatever the peer does")
struct StreamMachinePropertyTests {
    /// A conversation of two sides that do anything at any time.
    private struct Chaos {
        var bench: MachineBench
        var random: SplitMix64
        /// Exchanges that this side has begun.
        var tokens: UInt64 = 0
        /// Streams that the peer has opened.
        var opened: [YamuxStreamID] = []

        private static let names = [
            Names.exchange, Names.frames, Ping.protocolID, Identify.pushProtocolID,
            HopMessage.protocolID, StopMessage.protocolID, HolePunchMessage.protocolID, "/other",
        ]

        init(seed: UInt64) throws {
            self.random = SplitMix64(seed: seed)
            self.bench = try MachineBench(isLimited: seed % 2 == 0) {
                $0.framesThroughRelays = true
            }
        }

        private mutating func below(_ count: Int) -> Int { Int(self.random.next() % UInt64(count)) }

        private mutating func bytes() -> [UInt8] {
            // Mostly zeros, so that many are lengths that fit.
            (0..<self.below(12)).map { _ in self.below(3) == 0 ? UInt8(self.below(256)) : 0 }
        }

        private mutating func stream() -> YamuxStreamID? {
            let all = self.opened + self.bench.openedByMachine
            return all.isEmpty ? nil : all[self.below(all.count)]
        }

        mutating func step() throws {
            switch self.below(8) {
            case 0: try self.begin()
            case 1: if !self.bench.openedByMachine.isEmpty { try self.agree() }
            case 2:
                let (name, bytes) = (Self.names[self.below(Self.names.count)], self.bytes())
                self.opened.append(try self.bench.open(name, bytes))
            case 3:
                let bytes = self.bytes()
                if let id = self.stream() { try self.bench.write(bytes, on: id) }
            case 4: if let id = self.stream() { try self.bench.closeWrite(id) }
            case 5: if let id = self.stream() { try self.bench.reset(id) }
            case 6:
                self.bench.pass(.seconds(Int64(self.below(20))))
                try self.bench.tell { $0.wake() }
            default:
                let number = UInt64(self.below(20))
                if let id = self.stream() {
                    try self.bench.tell { $0.answer([1], to: number, on: id) }
                }
            }
        }

        private mutating func begin() throws {
            let (token, staysOpen) = (self.tokens, self.below(2) == 0)
            self.tokens += 1
            try self.bench.tell {
                $0.openFrameStream()
                $0.openExchange(
                    token: token,
                    protocolID: Names.exchange,
                    request: [1],
                    staysOpen: staysOpen
                )
            }
        }

        private mutating func agree() throws {
            let bytes = self.below(2) == 0 ? [0, 0, 0, 1, 7] : self.bytes()
            _ = try self.bench.agree(bytes)
        }
    }

    @Test(
        "Every exchange has one outcome, and every place of a stream is given back once",
        arguments: 1...40 as ClosedRange<UInt64>
    )
    func outcomes(seed: UInt64) throws {
        var chaos = try Chaos(seed: seed)
        for _ in 0..<150 { try chaos.step() }
        for id in chaos.opened { try chaos.bench.reset(id) }
        let admitted = chaos.bench.actions.count { if case .admit = $0 { true } else { false } }
        #expect(admitted == chaos.opened.count)
        #expect(chaos.bench.released == admitted)
        #expect(chaos.bench.closing == nil)
        try chaos.bench.tell { $0.end() }
        var outcomes: [UInt64: Int] = [:]
        for case .exchange(let action) in chaos.bench.actions {
            switch action {
            case .answered(let token, _), .failed(let token, _): outcomes[token, default: 0] += 1
            case .requested: break
            }
        }
        #expect(outcomes.count == Int(chaos.tokens))
        #expect(outcomes.values.allSatisfy { $0 == 1 })
        #expect(chaos.bench.readBudget.bytes == 0)
    }
}
