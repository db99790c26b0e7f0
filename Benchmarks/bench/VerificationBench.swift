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
        var known = KnownSenderSeries(checks.map(\.signingBody))
        // Interleaved, so that drift of the machine hits all of them alike.
        for _ in 0..<self.effort.runs {
            try raw.measure(checks, cores: cores) { $0.holds }
            try known.measure()
            try pipeline.measure(envelopes, cores: cores) { Self.isAdmitted($0) }
        }
        report.add("verify_raw_one_core", raw.oneCore, unit: "messages/s")
        report.add("verify_raw_all_cores", raw.allCores, unit: "messages/s")
        report.add("pipeline_one_core", pipeline.oneCore, unit: "messages/s")
        report.add("pipeline_all_cores", pipeline.allCores, unit: "messages/s")
        known.report(into: &report)
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

/// The same signatures by tables of known senders and by libsodium, on one core, in turns.
///
/// Each turn is short, and the ratio is that of two turns side by side, so that what else the machine does hits both.
private struct KnownSenderSeries {
    private static let turns = 9
    /// So many that their tables do not fit into the nearest caches.
    private static let senders = 256

    private let tables = SignatureVerifier(.knownSenders)
    private let libsodium = SignatureVerifier(.libsodium)
    private let checks: [(Signature, [UInt8], PublicKey)]
    private var known: [Double] = []
    private var plain: [Double] = []
    private var ratios: [Double] = []

    init(_ bodies: [[UInt8]]) {
        let keys = (0..<Self.senders).map { _ in SigningKey.generate() }
        self.checks = bodies.enumerated().map { number, body in
            let key = keys[number % keys.count]
            return (key.sign(body), body, key.publicKey)
        }
    }

    mutating func measure() throws {
        // After two messages of each key all of them have tables.
        for _ in 0..<3 { _ = try self.rate(self.tables) }
        for _ in 0..<Self.turns {
            let known = try self.rate(self.tables)
            let plain = try self.rate(self.libsodium)
            self.known.append(known)
            self.plain.append(plain)
            self.ratios.append(known / plain)
        }
    }

    func report(into report: inout Report) {
        report.add("verify_known_senders_one_core", Sample(self.known), unit: "messages/s")
        report.add("verify_libsodium_one_core", Sample(self.plain), unit: "messages/s")
        report.add(headline: "known_senders_to_libsodium", Sample(self.ratios).median)
    }

    private func rate(_ verifier: SignatureVerifier) throws -> Double {
        var valid = 0
        let seconds = Stopwatch.seconds {
            valid = self.checks.count { Ed25519.isValid($0, for: $1, by: $2, asking: verifier) }
        }
        guard valid == self.checks.count else { throw BenchError("a valid message was refused") }
        return Double(valid) / seconds
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
