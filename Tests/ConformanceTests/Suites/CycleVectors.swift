import Messages
import Primitives

@testable import Reputation
@testable import Sync

/// Cycles of incremental sync, and pauses between tries.
enum CycleVectors {
    private static func chance(_ entropy: UInt64) -> Chance {
        var chance = Chance(makesPauses: true)
        chance.renew(entropy << 32)
        return chance
    }

    /// In how many cycles identities are asked for again, by some chance.
    private static func gap(_ chance: Chance) -> Int64 {
        var cycle = IncrementalCycle()
        cycle.begin(chance)
        var gap: Int64 = 1
        while !cycle.phases(of: SyncPhases.all, chance).contains(SyncPhases.identities), gap < 100 {
            cycle.rest()
            gap += 1
        }
        return gap
    }

    @Sendable static func gaps(_ vector: VectorCase) throws {
        try Check.same("revocation", try vector.input.bool("revocation_seen"), false)
        let possible = Set((0..<60).map { self.gap(self.chance($0)) })
        let gaps = try vector.input.list("gaps").compactMap(\.integer)
        let isAllowed = gaps.allSatisfy(possible.contains)
        try Check.same("allowed", isAllowed, try vector.expect.bool("allowed"))
    }

    @Sendable static func revocation(_ vector: VectorCase) throws {
        let chance = self.chance(0)
        var cycle = IncrementalCycle()
        cycle.begin(chance)
        for _ in 1..<(try vector.input.integer("cycles_since_identity")) {
            _ = cycle.phases(of: SyncPhases.all, chance)
            cycle.rest()
        }
        if try vector.input.bool("revocation_seen") { cycle.revocationCame() }
        let asks = cycle.phases(of: SyncPhases.all, chance).contains(SyncPhases.identities)
        try Check.same("asks", asks, try vector.expect.bool("include_identity"))
    }

    /// Pauses of a node that is synced; one that catches up pauses for longer after three failures.
    @Sendable static func backOff(_ vector: VectorCase) throws {
        var catchUp = CatchUp()
        catchUp.follow(from: SyncVectors.now)
        for _ in 0..<(try vector.input.integer("failures")) { catchUp.broke(now: SyncVectors.now) }
        let pause = catchUp.nextTry?.milliseconds(since: SyncVectors.now)
        try Check.same("pause", pause, try vector.expect.integer("delay_s") * 1_000)
    }
}

/// What serving others counts for.
enum CreditVectors {
    @Sendable static func run(_ vector: VectorCase) throws {
        var book = ServiceBook()
        var last = SyncVectors.now
        for answer in try vector.input.list("served").map({ $0.elements ?? [] }) {
            guard answer.count == 3, let name = answer[0].string, let minute = answer[1].integer,
                let isFull = answer[2].bool
            else { throw VectorFailure("no answer: \(answer)") }
            let peer = NodeID(SHA256Digest.hash(Array(name.utf8)))
            last = SyncVectors.now.adding(milliseconds: minute * 60_000)
            if book.counts(isFull ? 1 : 0, to: peer, at: last) { book.serve(peer, at: last) }
        }
        try Check.same("counted", Int64(book.counted), try vector.expect.integer("counted"))
        let qualifies = book.qualifies(at: last)
        try Check.same("qualifies", qualifies, try vector.expect.bool("qualifies"))
    }
}
