import Cryptography
import Dispatch
import Foundation
import Messages
import Primitives
import Synchronization

/// Signature checks, raw and as the whole admission pipeline, on one core and on all.
struct VerificationBench {
    let effort: Effort

    /// A signature check with nothing left to prepare.
    private struct RawCheck {
        let signature: Signature
        let signingBody: [UInt8]
        let key: PublicKey

        init(_ message: Message) {
            self.signature = message.signature
            self.signingBody = message.signingBody
            self.key = message.from.publicKey
        }

        var holds: Bool { Ed25519.isValid(self.signature, for: self.signingBody, by: self.key) }
    }

    func run(into report: inout Report) throws {
        let messages = try SampleMessages.signed(self.effort.scaled(4_096))
        let envelopes = messages.map(\.canonical)
        let checks = messages.map { RawCheck($0) }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        var raw = Series()
        var pipeline = Series()
        // Interleaved, so that drift of the machine hits all of them alike.
        for _ in 0..<self.effort.runs {
            try raw.measure(checks, cores: cores) { $0.holds }
            try pipeline.measure(envelopes, cores: cores) { Self.isAdmitted($0) }
        }
        report.add("verify_raw_one_core", raw.oneCore, unit: "messages/s")
        report.add("verify_raw_all_cores", raw.allCores, unit: "messages/s")
        report.add("pipeline_one_core", pipeline.oneCore, unit: "messages/s")
        report.add("pipeline_all_cores", pipeline.allCores, unit: "messages/s")
        let ideal = raw.oneCore.median * Double(cores)
        report.add(headline: "pipeline_efficiency", pipeline.allCores.median / ideal)
        report.add(
            headline: "pipeline_efficiency_one_core",
            pipeline.oneCore.median / raw.oneCore.median
        )
        report.add(
            headline: "pipeline_efficiency_against_all_cores",
            pipeline.allCores.median / raw.allCores.median
        )
        // What the machine itself loses when all cores work; no pipeline can do better.
        let scaling = raw.allCores.median / ideal
        report.add(headline: "verify_raw_scaling", scaling)
        report.add(headline: "cores", Double(cores))
        if scaling < 0.9 {
            Console.say("Other programs take part of the cores: distrust figures of all cores.")
        }
    }

    /// Bytes to scanned, canonical, hashed, typed and verified.
    private static func isAdmitted(_ envelope: [UInt8]) -> Bool {
        (try? EnvelopeCodec.decode(envelope))?.hasValidSignature ?? false
    }
}

/// Rates of one kind of check.
private struct Series {
    private var one: [Double] = []
    private var all: [Double] = []

    var oneCore: Sample { Sample(self.one) }
    var allCores: Sample { Sample(self.all) }

    mutating func measure<Item: Sendable>(
        _ items: [Item],
        cores: Int,
        _ check: @escaping @Sendable (Item) -> Bool
    ) throws {
        self.one.append(try Self.rate(items, shares: 1, check))
        self.all.append(try Self.rate(items, shares: cores, check))
    }

    private static func rate<Item: Sendable>(
        _ items: [Item],
        shares: Int,
        _ check: @escaping @Sendable (Item) -> Bool
    ) throws -> Double {
        let valid = Atomic(0)
        let seconds = Stopwatch.seconds {
            DispatchQueue.concurrentPerform(iterations: shares) { share in
                let range = share * items.count / shares..<(share + 1) * items.count / shares
                let count = range.count { check(items[$0]) }
                valid.add(count, ordering: .relaxed)
            }
        }
        // A check that fails early would look fast.
        guard valid.load(ordering: .relaxed) == items.count else {
            throw BenchError("a valid message was refused")
        }
        return Double(items.count) / seconds
    }
}
