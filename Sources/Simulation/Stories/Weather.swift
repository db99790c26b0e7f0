import Primitives

/// What goes wrong in a simulated network from day to day, by chance: any of it, and often several at once.
struct Weather {
    /// How often each kind of fault began.
    struct Log {
        var storms = 0
        var splits = 0
        var silences = 0
        var deaths = 0
        var slowDisks = 0
        var clockJumps = 0
    }

    private let world: World
    private let calm: FaultPlan
    private var random: SplitMix64
    /// How far the clock of each node was set off.
    private var clocks: [Int: Duration] = [:]
    private var dead: Set<Int> = []
    private(set) var log = Log()

    /// A clock that is off by more is noticed by the peers; both happen.
    private static let clockMost = 600
    private static let slow = DiskPlan(
        lingerMost: .milliseconds(200),
        commitLeast: .milliseconds(200),
        commitMost: .seconds(3)
    )

    init(of world: World, calm: FaultPlan, seed: UInt64) {
        self.world = world
        self.calm = calm
        self.random = SplitMix64(seed: seed)
    }

    private var nodes: [Int] { Array(self.world.nodes.indices) }

    /// Nodes that run now.
    var living: [Int] { self.nodes.filter { !self.dead.contains($0) } }

    /// Another time of day, with other faults.
    mutating func change() async throws {
        self.world.endFaults()
        self.world.begin(self.storm())
        self.part()
        try await self.killAndRevive()
        await self.disturb()
    }

    /// All faults end: clocks are right, disks are fast, and whoever died runs again.
    mutating func clear() async throws {
        self.world.endFaults()
        for node in self.nodes { self.world.setDisk(of: node, DiskPlan()) }
        for node in self.dead.sorted() { try await self.revive(node) }
        for (node, distance) in self.clocks.sorted(by: { $0.key < $1.key }) {
            await self.world.setClock(of: node, by: .zero - distance)
        }
        self.clocks = [:]
    }

    // MARK: The network

    private mutating func storm() -> FaultPlan {
        var plan = self.calm
        guard self.happens(2) else { return plan }
        self.log.storms += 1
        if self.happens(2) { plan.lossPerMille = self.random.index(below: 301) }
        if self.happens(2) { plan.duplicatesPerMille = self.random.index(below: 101) }
        if self.happens(2) { plan.overtakenPerMille = self.random.index(below: 101) }
        if self.happens(3) {
            plan.latencyMost = .milliseconds(200 + self.random.index(below: 4_801))
        }
        return plan
    }

    private mutating func part() {
        if self.happens(4) {
            self.log.splits += 1
            let some = self.some(upTo: self.nodes.count / 2)
            self.world.divide(into: [some, self.nodes.filter { !some.contains($0) }])
        }
        if self.happens(4) {
            self.log.silences += 1
            let some = self.some(upTo: self.nodes.count / 4)
            self.world.silence(some, for: self.nodes.filter { !some.contains($0) })
        }
        // A connection that carries nothing ends by time-out, or somebody notices nothing.
        if self.happens(2) { self.world.dropCutConnections() }
    }

    // MARK: Nodes

    private mutating func killAndRevive() async throws {
        for node in self.dead.sorted() where self.happens(2) { try await self.revive(node) }
        guard self.happens(3), self.dead.count < self.nodes.count / 5 else { return }
        let node = self.living[self.random.index(below: self.living.count)]
        self.log.deaths += 1
        self.world.killNow(node)
        self.dead.insert(node)
    }

    private mutating func revive(_ node: Int) async throws {
        self.dead.remove(node)
        try await self.world.restart(node)
    }

    private mutating func disturb() async {
        if self.happens(4) {
            self.log.slowDisks += 1
            let node = self.random.index(below: self.nodes.count)
            self.world.setDisk(of: node, self.happens(2) ? Self.slow : DiskPlan())
        }
        guard self.happens(6) else { return }
        let node = self.living[self.random.index(below: self.living.count)]
        let isBack = self.clocks[node] != nil
        let seconds = self.random.index(below: 2 * Self.clockMost + 1) - Self.clockMost
        let distance = self.clocks.removeValue(forKey: node).map { .zero - $0 } ?? .seconds(seconds)
        self.log.clockJumps += 1
        if !isBack { self.clocks[node] = distance }
        await self.world.setClock(of: node, by: distance)
    }

    // MARK: Chance

    /// Once in so many times.
    private mutating func happens(_ times: Int) -> Bool { self.random.index(below: times) == 0 }

    private mutating func some(upTo most: Int) -> [Int] {
        let count = 1 + self.random.index(below: max(most, 1))
        return self.random.sample(count, of: self.nodes)
    }
}
