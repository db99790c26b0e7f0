import Identities
import OrderedCollections
import Primitives

/// How long an identity governed without a pause: power wears out (§11, D-49).
struct Tenure: Sendable, Equatable {
    /// Active cycles, less what skipped ones took.
    private(set) var cycles: Int64 = 0
    /// Consecutive cycles skipped.
    private(set) var skips: Int64 = 0

    init(cycles: Int64 = 0) { self.cycles = cycles }

    /// A cycle is over: activity adds one, the nth skipped cycle in a row takes n (R-11-011).
    mutating func advance(isActive: Bool) {
        if isActive {
            self.cycles += 1
            self.skips = 0
        } else {
            self.skips += 1
            self.cycles = max(0, self.cycles - self.skips)
        }
    }

    /// Several cycles were skipped; once nothing is left, further ones take nothing.
    fileprivate mutating func skip(_ count: Int64) {
        var left = count
        while left > 0, self.cycles > 0 {
            self.advance(isActive: false)
            left -= 1
        }
    }

    /// What is left of a vote's weight: 95 percent for each cycle beyond the sixth (R-11-009).
    var factor: FixedPoint {
        var factor = FixedPoint.one
        for _ in 0..<max(0, self.cycles - GamingLimits.freeCycles) where factor > .zero {
            factor = factor.scaled(
                numerator: GamingLimits.tenurePercent,
                denominator: GamingLimits.percent
            )
        }
        return factor
    }
}

/// In which cycles of thirty days which identity took part in governance.
struct TenureBook: Sendable, Codable {
    private var active: OrderedDictionary<NodeID, [Int64]> = [:]

    /// The cycle that a moment lies in, on the grid of the epoch (R-11-008).
    static func cycle(of time: Timestamp) -> Int64 {
        let (quotient, remainder) = time.milliseconds.quotientAndRemainder(
            dividingBy: GamingLimits.cycleMilliseconds
        )
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// A counted vote, or a ratified proposal of the identity, at this moment.
    mutating func acted(_ identity: NodeID, at time: Timestamp) {
        self.insert([Self.cycle(of: time)], for: identity)
    }

    private mutating func insert(_ cycles: [Int64], for identity: NodeID) {
        let known = self.active[identity] ?? []
        let news = cycles.filter { !known.contains($0) }
        guard !news.isEmpty else { return }
        let sorted = (known + news).sorted()
        self.active[identity] = Array(sorted.suffix(GamingLimits.cyclesMax))
    }

    /// Tenure when a cycle began, that is, from the finished cycles before a moment.
    func tenure(of identity: NodeID, at time: Timestamp) -> Tenure {
        let current = Self.cycle(of: time)
        var tenure = Tenure()
        var next: Int64?
        for cycle in self.active[identity] ?? [] where cycle < current {
            if let next { tenure.skip(cycle.saturatingSubtracting(next)) }
            tenure.advance(isActive: true)
            next = cycle.saturatingAdding(1)
        }
        if let next { tenure.skip(current.saturatingSubtracting(next)) }
        return tenure
    }

    /// An identity's key became another one's; tenure goes along (R-11-010).
    mutating func move(_ old: NodeID, to new: NodeID) {
        guard let cycles = self.active.removeValue(forKey: old) else { return }
        self.insert(cycles, for: new)
    }
}

extension TenureBook: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("active", self.active)
    }
}
