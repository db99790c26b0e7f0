import Cryptography
public import Kernel
public import LocalAPI
public import Messages
public import Node
import Persistence
public import Primitives

/// Many whole nodes, real actors included, in virtual time.
///
/// The order of everything follows from the seed. No frame is under way for less than the shortest
/// delay, so nodes cannot hear of each other for that long: all live through it side by side, each by
/// a clock of its own, and what they sent is scheduled when the last has come to its end.
public final class World {
    /// The nodes' keys, in the order of their numbers.
    public let nodes: [NodeID]
    /// Identities without a kernel.
    public let fleet: Fleet?
    /// Nodes whose subsystems failed, in the order of time.
    public private(set) var faults: [SimulatedFault] = []
    let clock: ManualClock
    private let start: Moment
    let network: SimulatedNetwork
    var bodies: [SimulatedBody]
    private(set) var simulated: [SimulatedNode]
    /// When each node wants to wake next.
    private var wakes: [Moment?]
    /// How often each node may still fail.
    private var budgets: [FaultBudget]
    /// Nodes that join later, and have not yet.
    private var absent: Set<Int>

    /// Where simulated time begins: 2026-01-01 00:00:00 UTC.
    private static let epoch = Moment(milliseconds: 1_767_225_600_000)
    /// Every node is told the addresses of this many others at the start.
    private static let bootstrapNodes = 3

    /// Builds the nodes and their network; nothing happens yet.
    ///
    /// - Parameters:
    ///   - nodeCount: how many nodes.
    ///   - seed: the source of all chance.
    ///   - faults: what goes wrong.
    ///   - founding: how many of the nodes, from the first, are founders; nil for all.
    ///   - caughtUp: how many of the nodes, from the first, count as synced when they begin; nil for all.
    ///   - absentFounders: founders that run no node.
    ///   - pace: how often nodes do what they do again and again.
    ///   - crew: identities without a kernel, whose messages a few connected peers carry.
    ///   - past: what every node has in its log before it boots.
    ///   - disk: how long logs take to be written, and that nodes can be killed; nil for logs that
    ///     commit at once.
    ///   - joiners: nodes that are no founders and start with ``join(_:)``, and the numbers of those that
    ///     each is told of; all others are there from the start, and have nothing to catch up with.
    ///   - plugIn: what else is plugged into a node, by its number.
    /// - Throws: what the boot refuses.
    public init(
        nodeCount: Int,
        seed: UInt64,
        faults: FaultPlan,
        founding: Int? = nil,
        caughtUp: Int? = nil,
        absentFounders: [NodeID] = [],
        pace: NodePace = NodePace(),
        crew: Fleet.Crew? = nil,
        past: [LocalFact] = [],
        disk: DiskPlan? = nil,
        joiners: [Int: [Int]] = [:],
        plugIn: (Int) -> PlugIn = { _ in .none }
    ) throws {
        var random = SplitMix64(seed: seed)
        let keys = try (0..<nodeCount).map { _ in
            try SigningKey(seed: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
        let nodes = keys.map { NodeID($0.publicKey) }
        let clock = ManualClock(Self.epoch)
        let carriers = crew?.carriers ?? []
        let network = SimulatedNetwork(
            nodes: nodes + carriers.map { NodeID($0.publicKey) },
            faults: faults,
            seed: random.next(),
            start: clock.now
        )
        let pool = SimulatedPool()
        let shared = MessagePool()
        let present = nodes.indices.filter { joiners[$0] == nil }.map { nodes[$0] }
        let founders = present.prefix(founding ?? nodeCount) + absentFounders
        let description = Self.description(founders: Array(founders))
        self.nodes = nodes
        self.clock = clock
        self.start = clock.now
        self.network = network
        self.fleet = crew.map { Fleet($0, in: network, of: nodeCount, clock: clock) }
        self.wakes = Array(repeating: nil, count: nodeCount)
        self.budgets = Array(repeating: FaultBudget(), count: nodeCount)
        self.absent = Set(joiners.keys)
        self.bodies = keys.enumerated().map { number, key in
            let known = joiners[number] ?? Array(0..<min(Self.bootstrapNodes, number))
            let log = MemoryLog(sharing: shared, commits: disk == nil ? .atOnce : .byHand)
            log.append(past.map { .fact($0) })
            return SimulatedBody(
                number: number,
                settings: NodeSettings(
                    key: key,
                    profile: .local,
                    bootstrap: known.map { network.address(of: $0) },
                    description: description,
                    isGenesisNode: joiners[number] == nil && number < (caughtUp ?? nodeCount),
                    // Members of a crew sign before the network exists whose name they could state.
                    policy: LocalPolicy(admitsUndescribed: crew != nil),
                    pace: pace
                ),
                network: network,
                pool: pool,
                log: log,
                disk: disk.map { SimulatedDisk($0, of: log, seed: random.next()) },
                entropy: SeededEntropy(seed: random.next()),
                clock: ManualClock(Self.epoch),
                plugIn: plugIn(number)
            )
        }
        self.simulated = try self.bodies.map { body in try body.bear() }
    }

    private static func description(founders: [NodeID]) -> NetworkDescription {
        let score = FixedPoint(millionths: 500_000)
        return NetworkDescription(
            name: "simulation",
            founders: founders.map { NetworkDescription.Founder(node: $0, score: score) }
        )
    }

    /// Time since the start.
    public var elapsed: Duration { self.clock.now.duration(since: self.start) }
    /// Protocol time now.
    public var now: Timestamp { self.clock.now.timestamp }
    /// Network events delivered so far.
    public var events: UInt64 { self.network.delivered }
    /// Digest over all network events so far, in order.
    public var traceHash: Bytes32 { self.network.traceHash }

    /// What the boot of a node found.
    public func bootReport(of number: Int) -> BootReport { self.simulated[number].report }

    /// Starts every node but those that join later, in the order of their numbers.
    public func boot() async {
        for number in self.simulated.indices where !self.absent.contains(number) {
            let node = self.simulated[number]
            _ = await ReplayDriver.replay(node.kernel, from: node.persistence)
            self.bodies[number].disk?.look(at: node.clock.steady)
            await self.stopped([number])
        }
    }

    /// Lets time pass until `elapsed` since the start.
    public func run(until elapsed: Duration) async {
        let end = self.start.advanced(by: elapsed)
        while await self.step(notAfter: end) {}
        self.clock.set(to: end)
    }

    /// Puts a call to a node's local API and lets time pass until it is answered.
    ///
    /// - Returns: nil when there was no answer within two minutes of virtual time.
    public func call(_ number: Int, _ call: APICall) async -> APIResponse? {
        let node = self.simulated[number]
        node.reach(self.clock.now)
        guard let id = node.caller.put(call) else { return nil }
        await self.settle(number)
        let end = self.clock.now.advanced(by: .seconds(120))
        while true {
            if let answer = node.caller.takeAnswer(to: id) { return answer }
            guard await self.step(notAfter: end) else { return nil }
        }
    }

    /// Hands a node a message that somebody else signed.
    ///
    /// - Parameters:
    ///   - message: signed by whomever.
    ///   - number: the node.
    ///   - origin: `.local(nil)` lets the node publish it, as if its signer ran this node.
    /// - Returns: why the node refused it.
    public func deliver(
        _ message: Message,
        to number: Int,
        as origin: Origin = .local(nil)
    ) async -> Refusal? {
        let courier = self.simulated[number].courier
        self.simulated[number].reach(self.clock.now)
        courier.put(message, origin)
        await self.settle(number)
        return courier.takeRefusal()
    }

    /// How many messages of a type a node has in its log.
    public func logged(_ type: MessageType, at number: Int) -> Int {
        self.log(of: number, type).count
    }

    /// The messages of a type that a node has in its log.
    public func log(of number: Int, _ type: MessageType) -> Set<MessageID> {
        self.simulated[number].courier.logged(type)
    }

    // MARK: Faults

    /// Lets a node say something else than its kernel from now on; nil lets it be honest again.
    public func tamper(with number: Int, _ tampering: Tampering?) {
        let key = self.bodies[number].settings.key
        self.network.tamper(
            with: number,
            tampering.map { Tamperer(key: key, tampering: $0) }
        )
    }

    /// Starts a node that was not there before.
    ///
    /// - Throws: what the boot refuses.
    public func join(_ number: Int) async throws {
        self.absent.remove(number)
        try await self.restart(number)
    }

    /// Stops a node without warning, unless it is dead already, and starts it again with its log.
    ///
    /// - Throws: what the boot refuses.
    public func restart(_ number: Int) async throws {
        self.simulated[number].reach(self.clock.now)
        try await self.bear(number)
        self.perform(of: [number])
    }

    /// Kills a node; what its log did not write yet is gone.
    func kill(_ number: Int) {
        let body = self.bodies[number]
        body.fuse.putOut()
        self.simulated[number].kernel.stop()
        self.died(number)
    }

    private func died(_ number: Int) {
        self.bodies[number].disk?.crash()
        self.network.left(number, at: self.bodies[number].clock.steady)
        self.wakes[number] = nil
    }

    /// Sets the clock of a node while it runs; negative sets it back.
    ///
    /// The node notices, as a real one does within a second, and builds itself anew.
    public func setClock(of number: Int, by distance: Duration) async {
        let node = self.simulated[number]
        node.reach(self.clock.now)
        node.clock.jump(by: distance)
        node.kernel.fireWakes()
        await self.settle(number)
    }

    // MARK: Driving

    /// Lives through the next stretch in which something is due; false when nothing is until `end`.
    func step(notAfter end: Moment) async -> Bool {
        let due = [self.network.nextEvent] + self.wakes
        guard let first = due.compactMap({ $0 }).min(), first <= end else { return false }
        let instant = Duration.nanoseconds(1)
        let horizon = min(
            first.advanced(by: max(self.network.lookahead, instant)),
            end.advanced(by: instant)
        )
        let deliveries = Dictionary(grouping: self.network.take(before: horizon), by: \.node)
        let busy = self.simulated.indices.filter { number in
            deliveries[number] != nil || self.wakes[number].map { $0 < horizon } ?? false
        }
        await withTaskGroup(of: Void.self) { group in
            for number in busy {
                let node = self.simulated[number]
                let arrivals = deliveries[number] ?? []
                group.addTask { await node.live(arrivals, until: horizon) }
            }
        }
        self.clock.set(to: max(self.clock.now, first))
        await self.stopped(busy)
        return true
    }

    /// Lets one node do what it has to do now.
    func settle(_ number: Int) async {
        await self.simulated[number].settle()
        await self.stopped([number])
    }

    /// Nodes have come to their end of a stretch.
    private func stopped(_ numbers: [Int]) async {
        self.perform(of: numbers)
        let ended = numbers.filter { self.simulated[$0].kernel.exit != nil }
        for number in ended { await self.ended(number) }
        if !ended.isEmpty { self.perform(of: ended) }
    }

    /// Hands the network what nodes wanted of it, in the order of time, and by number at one moment.
    private func perform(of numbers: [Int]) {
        var calls: [(call: NetworkCall, node: Int)] = []
        for number in numbers {
            let node = self.simulated[number]
            calls += node.calls.takeAll().map { ($0, number) }
            self.wakes[number] = node.nextWake
            self.clock.set(to: max(self.clock.now, node.clock.steady))
        }
        // Insertion order decides within a node; the sort of the library is stable.
        calls.sort { ($0.call.at, $0.node) < ($1.call.at, $1.node) }
        for (call, node) in calls { self.network.perform(call, of: node) }
    }

    /// A node whose clock jumped, or that failed, replays its log into fresh subsystems as a real one
    /// does; one that was killed stays dead.
    private func ended(_ number: Int) async {
        let clock = self.bodies[number].clock
        var jump: ClockJump?
        switch self.simulated[number].kernel.exit {
        case .clockJumped(let distance):
            jump = ClockJump(
                milliseconds: Int64(distance / .milliseconds(1)),
                noticedAt: clock.now.timestamp
            )
        case .faulted(let fault):
            let mayGoOn = self.budgets[number].note(at: clock.steady)
            let at = clock.steady.duration(since: self.start)
            self.faults.append(
                SimulatedFault(node: number, at: at, cause: "\(fault)", isEnd: !mayGoOn)
            )
            guard mayGoOn else { return self.died(number) }
        case .stopped, nil: return self.died(number)
        }
        do {
            try await self.bear(number, after: jump)
        } catch {
            preconditionFailure("what booted once boots again: \(error)")
        }
    }

    /// Forgets the faults so far, which somebody expected.
    public func takeFaults() -> [SimulatedFault] {
        defer { self.faults = [] }
        return self.faults
    }

    /// Puts fresh subsystems in the place of a node's and replays its log into them.
    private func bear(_ number: Int, after jump: ClockJump? = nil) async throws {
        let body = self.bodies[number]
        self.simulated[number].kernel.stop()
        self.network.left(number, at: body.clock.steady)
        body.disk?.reset()
        let node = try body.bear(after: jump)
        self.simulated[number] = node
        _ = await ReplayDriver.replay(node.kernel, from: node.persistence)
        body.disk?.look(at: body.clock.steady)
    }
}
