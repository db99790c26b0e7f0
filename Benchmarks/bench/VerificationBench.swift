import Cryptography
import Dispatch
import Foundation
import Messages
import Primitives

/// Signature checks, raw and as the whole admission pipeline, on one core and on all.
struct VerificationBench {
    let runs: Int
    private static let messages = 4_096
    private static let bodyBytes = 700

    func run(into report: inout Report) throws {
        let envelopes = try Self.envelopes()
        let scanned = try envelopes.map { try EnvelopeCodec.decode($0) }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        var raw: [Double] = []
        var single: [Double] = []
        var all: [Double] = []
        // Interleaved, so that drift of the machine hits all three alike.
        for _ in 0..<self.runs {
            raw.append(Self.rate { _ = Self.verifyRaw(scanned, 0..<scanned.count) })
            single.append(Self.rate { _ = Self.admit(envelopes, 0..<envelopes.count) })
            all.append(Self.rate { Self.admitOnAllCores(envelopes, cores) })
        }
        let rawSample = Sample(raw)
        let allSample = Sample(all)
        report.add("verify_raw_one_core", rawSample, unit: "messages/s")
        report.add("admission_one_core", Sample(single), unit: "messages/s")
        report.add("admission_all_cores", allSample, unit: "messages/s")
        report.add(
            ratio: "pipeline_efficiency",
            allSample.median / (rawSample.median * Double(cores))
        )
        report.add(
            ratio: "pipeline_efficiency_one_core",
            Sample(single).median / rawSample.median
        )
    }

    private static func rate(_ body: () -> Void) -> Double {
        Double(Self.messages) / Stopwatch.seconds(body)
    }

    private static func envelopes() throws -> [[UInt8]] {
        let key = SigningKey.generate()
        let text = String(repeating: "x", count: Self.bodyBytes)
        return try (0..<Self.messages).map { number in
            let payload = JSONValue.object([
                ("title", .string("t")), ("body", .string(text)), ("tags", .array([])),
                ("expires", .null),
            ])
            let timestamp = Timestamp(milliseconds: 1_700_000_000_000 + Int64(number))
            return try EnvelopeCodec.sign(
                .request,
                payload: payload,
                timestamp: timestamp,
                key: key
            ).canonical
        }
    }

    /// The signature alone, over a signing body that is ready.
    private static func verifyRaw(_ messages: [Message], _ range: Range<Int>) -> Int {
        range.count { index in
            let message = messages[index]
            return Ed25519.isValid(
                message.signature,
                for: message.signingBody,
                by: message.from.publicKey
            )
        }
    }

    /// Bytes to scanned, canonical, hashed and verified.
    private static func admit(_ envelopes: [[UInt8]], _ range: Range<Int>) -> Int {
        range.count { index in
            (try? EnvelopeCodec.decode(envelopes[index]).hasValidSignature) ?? false
        }
    }

    private static func admitOnAllCores(_ envelopes: [[UInt8]], _ cores: Int) {
        let share = (envelopes.count + cores - 1) / cores
        DispatchQueue.concurrentPerform(iterations: cores) { core in
            let start = min(core * share, envelopes.count)
            _ = Self.admit(envelopes, start..<min(start + share, envelopes.count))
        }
    }
}
