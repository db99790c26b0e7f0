import Cryptography
import Messages
public import Primitives

/// Where a story is played: the nodes, the clock and the receiver of its lines.
public final class Stage {
    /// The story that is played.
    public let story: Story
    /// The nodes.
    public let world: World
    let seed: UInt64
    private let telling: Telling
    /// What all nodes must agree on in the end.
    var proposals: [(id: MessageID, title: String)] = []
    /// The players on whose identities all nodes must agree in the end.
    var players: [NodeID: String] = [:]

    init(_ story: Story, seed: UInt64, _ telling: Telling) throws {
        self.story = story
        self.seed = seed
        self.telling = telling
        let absent = try story.absentFounders.map { NodeID(try Self.key($0, seed).publicKey) }
        let plan = story.setting.fleet
        let crew = try plan.map { plan in
            try Fleet.Crew(count: plan.members, carriers: plan.carriers, seed: seed)
        }
        let founders = crew?.identities.prefix(plan?.founders ?? 0) ?? []
        self.world = try World(
            nodeCount: story.nodes,
            seed: seed,
            faults: story.setting.faults,
            founding: story.founders,
            caughtUp: story.setting.haveCaughtUp,
            absentFounders: absent + founders,
            pace: story.setting.pace,
            crew: crew,
            past: story.setting.past,
            disk: story.setting.disk,
            joiners: story.setting.joiners
        )
        for (number, node) in self.world.nodes.enumerated() {
            self.players[node] = "node \(number)"
        }
        telling.clock = { [world] in world.elapsed }
    }

    // MARK: Telling

    /// Begins a step; the prose says what happens in it.
    public func step(_ prose: String) { self.telling.step(prose) }

    /// A check held.
    func held(_ text: String) { self.telling.held(text) }

    /// Something that was found, for people and, as data, for tables.
    func found(_ text: String, _ figures: StoryFigures) { self.telling.found(text, figures) }

    /// A check did not hold.
    ///
    /// - Returns: what to throw.
    func failure(_ subject: String, node: Int?, expected: String, found: String) -> StoryFailure {
        self.telling.failure(subject, node: node, expected: expected, found: found)
    }

    var outcome: StoryOutcome {
        StoryOutcome(
            steps: self.telling.steps,
            checks: self.telling.checks,
            elapsed: self.world.elapsed,
            events: self.world.events,
            traceHash: self.world.traceHash
        )
    }

    // MARK: Time

    /// Protocol time now.
    public var now: Timestamp { self.world.now }

    /// Protocol time at the beginning.
    public var start: Timestamp {
        self.now.adding(milliseconds: -Int64(self.world.elapsed / .milliseconds(1)))
    }

    /// Every node, by number.
    public var everyone: [Int] { Array(self.world.nodes.indices) }

    /// Lets time pass.
    public func wait(_ duration: Duration) async {
        await self.world.run(until: self.world.elapsed + duration)
    }

    /// Lets time pass until so many days after the beginning; a day begins at midnight UTC.
    public func wait(untilDay day: Int, hour: Int = 0) async {
        await self.world.run(until: .seconds(day * 86_400 + hour * 3_600))
    }

    // MARK: The cast

    /// A node as a player.
    public func node(_ number: Int) -> Player {
        Player(name: "node \(number)", id: self.world.nodes[number], home: number, key: nil)
    }

    /// A key of this name that speaks through a node; the same name gives the same key.
    public func player(_ name: String, at home: Int) throws -> Player {
        let key = try Self.key(name, self.seed)
        let player = Player(name: name, id: NodeID(key.publicKey), home: home, key: key)
        self.players[player.id] = name
        return player
    }

    /// The key of a node as somebody else has it, who speaks through another one.
    func copy(of number: Int, at home: Int) throws -> Player {
        let key = self.world.key(of: number)
        return Player(
            name: "copy of node \(number)",
            id: NodeID(key.publicKey),
            home: home,
            key: key
        )
    }

    private static func key(_ name: String, _ seed: UInt64) throws -> SigningKey {
        try SigningKey(seed: SHA256Digest.hash(Array("\(seed) \(name)".utf8)).array)
    }

    /// What the story calls a key.
    func name(of key: String?) -> String {
        key.flatMap { NodeID(hex: $0) }.flatMap { self.players[$0] } ?? key ?? "nobody"
    }

    // MARK: Faults

    /// Splits the network in two: these nodes, and all others.
    public func partition(_ side: [Int]) {
        self.world.divide(into: [side, self.everyone.filter { !side.contains($0) }])
    }

    /// Cuts every node off from every other one.
    public func isolateEverybody() { self.world.divide(into: self.everyone.map { [$0] }) }

    /// Ends every fault; ``healAndConverge(within:scoresOf:mayDiffer:)`` does so, too.
    public func heal() { self.world.endFaults() }
}
