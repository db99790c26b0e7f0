import Foundation
import Primitives
import Synchronization
import Testing

@testable import Cryptography

/// Verdicts of tables beside those of libsodium, for cases by chance.
@Suite("ADR 0078: tables and libsodium")
struct DifferentialTests {
    /// How many cases: `make verifier-differential` has ten millions.
    private static let count = Self.number("VALENCE_DIFFERENTIAL") ?? 20_000
    /// The first seed, so that a longer run is not the same as the last one.
    private static let firstSeed = Self.number("VALENCE_SEED") ?? 0

    private static func number(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    private struct Tally: Sendable {
        var accepted: [CaseMaker.Kind: Int] = [:]
        var refused: [CaseMaker.Kind: Int] = [:]
        var differences: [String] = []
    }

    private static let casesOfShare = 2_000

    @Test("D-05: a table says what libsodium says, for every kind of signature")
    func same() {
        let tally = Mutex(Tally())
        let shares = max(1, Self.count / Self.casesOfShare)
        DispatchQueue.concurrentPerform(iterations: shares) { share in
            let part = Self.run(seed: UInt64(Self.firstSeed + share), Self.casesOfShare)
            tally.withLock { tally in
                tally.accepted.merge(part.accepted, uniquingKeysWith: +)
                tally.refused.merge(part.refused, uniquingKeysWith: +)
                tally.differences += part.differences
            }
        }
        let whole = tally.withLock { $0 }
        #expect(whole.differences.prefix(10) == [])
        for kind in CaseMaker.Kind.allCases {
            let (accepted, refused) = (whole.accepted[kind] ?? 0, whole.refused[kind] ?? 0)
            #expect(Self.accepts(kind) == (accepted > 0), "\(kind): \(accepted) accepted")
            #expect(Self.refuses(kind) == (refused > 0), "\(kind): \(refused) refused")
        }
        let cases = whole.accepted.values.reduce(0, +) + whole.refused.values.reduce(0, +)
        print("compared: \(cases), accepted: \(whole.accepted.values.reduce(0, +))")
        #expect(cases == shares * Self.casesOfShare)
    }

    /// Whether some of a kind are accepted; by chance a change is none, or the equation holds all the same.
    private static func accepts(_ kind: CaseMaker.Kind) -> Bool {
        switch kind {
        case .good, .otherKey, .byteOfR, .byteOfS, .mixedKey, .bitOfMessage:
            true
        default: false
        }
    }

    private static func refuses(_ kind: CaseMaker.Kind) -> Bool { kind != .good }

    private static func run(seed: UInt64, _ count: Int) -> Tally {
        var (maker, tally) = (CaseMaker(seed: seed, senders: 8), Tally())
        for number in 0..<count {
            let (kind, test, table) = maker.next()
            let plain = test.plainVerdict
            if plain { tally.accepted[kind, default: 0] += 1 }
            if !plain { tally.refused[kind, default: 0] += 1 }
            if test.tableVerdict(table) != plain {
                tally.differences.append(
                    "seed \(seed), case \(number), \(kind): libsodium \(plain)"
                )
            }
        }
        return tally
    }
}
