/// What came of one run.
struct Outcome: Codable {
    let attack: String
    let honest: Int
    let sybils: Int
    /// Messages published a second, of 2 KiB each.
    let rate: Int
    let messages: Int
    /// Share of expected deliveries to honest nodes.
    let delivered: Double
    /// The same for what the target of the attack received or published.
    let target: Double?
    /// Latencies in milliseconds.
    let median: Int
    let p99: Int
    let slowest: Int
    /// Deliveries of the messages of each second, as a share.
    let deliveredBySecond: [Double]
    /// Mesh memberships that Sybils hold at the end of each second, of all that honest nodes have.
    let sybilShareBySecond: [Double]
    /// Mesh places that Sybils held at some time, and how often one got a place again that it had lost.
    let sybilPlaces: Int
    let sybilReturns: Int
    /// Upper bounds in milliseconds and the share of deliveries within them.
    let latencies: [LatencyStep]
    /// Copies that a node received of a message, on average.
    let copies: Double

    struct LatencyStep: Codable {
        let milliseconds: Int
        let share: Double
    }
}

/// Counts deliveries as they happen.
struct Tally {
    private struct Published {
        let at: Int64
        let by: Int
        var deliveries = 0
    }

    private let honest: Int
    private let start: Int64
    private var published: [Published] = []
    private var histogram: [Int] = Array(repeating: 0, count: 20_000)
    private var targetReceived = 0
    private var sybilShares: [Double] = []

    init(honest: Int, start: Int64) {
        self.honest = honest
        self.start = start
    }

    /// Notes a message; its number goes into its first eight bytes.
    mutating func publish(by node: Int, at time: Int64) -> UInt64 {
        self.published.append(Published(at: time, by: node))
        return UInt64(self.published.count - 1)
    }

    mutating func deliver(_ number: UInt64, to node: Int, at time: Int64) {
        let index = Int(number)
        guard self.published.indices.contains(index) else { return }
        self.published[index].deliveries += 1
        guard self.counts(index) else { return }
        let latency = Int(time - self.published[index].at)
        self.histogram[min(latency, self.histogram.count - 1)] += 1
        if node == 0 { self.targetReceived += 1 }
    }

    mutating func note(sybilShare: Double) { self.sybilShares.append(sybilShare) }

    /// Warm-up is no part of the result.
    private func counts(_ index: Int) -> Bool { self.published[index].at >= self.start }

    func outcome(of attack: Attack, sybils: Int, rate: Int, copies: Double, watch: MeshWatch)
        -> Outcome
    {
        let counted = self.published.filter { $0.at >= self.start }
        let deliveries = self.histogram.reduce(0, +)
        return Outcome(
            attack: attack.rawValue,
            honest: self.honest,
            sybils: attack == .none ? 0 : sybils,
            rate: rate,
            messages: counted.count,
            delivered: Self.share(deliveries, counted.count * (self.honest - 1)),
            target: self.targetShare(attack, counted),
            median: self.latency(share: 0.5),
            p99: self.latency(share: 0.99),
            slowest: self.histogram.lastIndex { $0 > 0 } ?? 0,
            deliveredBySecond: self.bySecond(),
            sybilShareBySecond: self.sybilShares,
            sybilPlaces: watch.total,
            sybilReturns: watch.returns,
            latencies: [50, 100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 6_000, 10_000]
                .map { bound in
                    let within = self.histogram[...bound].reduce(0, +)
                    return .init(milliseconds: bound, share: Self.share(within, deliveries))
                },
            copies: copies
        )
    }

    private func targetShare(_ attack: Attack, _ counted: [Published]) -> Double? {
        switch attack {
        case .eclipseOne:
            return Self.share(self.targetReceived, counted.count { $0.by != 0 })
        case .censor:
            let own = counted.filter { $0.by == 0 }
            return Self.share(own.map(\.deliveries).reduce(0, +), own.count * (self.honest - 1))
        default: return nil
        }
    }

    private func latency(share: Double) -> Int {
        let wanted = Double(self.histogram.reduce(0, +)) * share
        var sum = 0
        return self.histogram.firstIndex { count in
            sum += count
            return Double(sum) >= wanted
        } ?? 0
    }

    private func bySecond() -> [Double] {
        let seconds = Dictionary(grouping: self.published) { $0.at / 1_000 }
        return seconds.keys.sorted().map { second in
            let messages = seconds[second] ?? []
            let deliveries = messages.map(\.deliveries).reduce(0, +)
            return Self.share(deliveries, messages.count * (self.honest - 1))
        }
    }

    private static func share(_ part: Int, _ whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) / Double(whole)
    }
}
