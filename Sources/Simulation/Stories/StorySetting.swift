import Gossip
public import Messages
public import Node
import Peers
import Sync

/// Where a story plays, beside its nodes.
public struct StorySetting: Sendable {
    /// A fleet of identities without a kernel.
    public struct FleetPlan: Sendable {
        /// How many members.
        public var members: Int
        /// How many of these, from the first, are founders of the network.
        public var founders: Int
        /// Connected peers that carry their messages.
        public var carriers: Int

        /// Plans a fleet.
        public init(members: Int, founders: Int, carriers: Int) {
            self.members = members
            self.founders = founders
            self.carriers = carriers
        }
    }

    /// What goes wrong.
    public var faults = FaultPlan()
    /// How often nodes do what they do again and again.
    public var pace = NodePace()
    /// Identities without a kernel; nil for none.
    public var fleet: FleetPlan?
    /// What every node has in its log before the story begins.
    public var past: [LocalFact] = []
    /// How many nodes, from the first, count as synced when they begin, as founders do; nil for all.
    public var haveCaughtUp: Int?
    /// How long logs take to be written, in stories that kill nodes; nil for logs that commit at once.
    public var disk: DiskPlan?
    /// Nodes that join later, each with those that it is told of; they count as nodes of the story.
    public var joiners: [Int: [Int]] = [:]

    /// The usual setting.
    public init() {}

    /// For stories of many days: nodes announce themselves often enough to count as active and to be
    /// seen in every hour, and do everything else as seldom as that allows.
    public static let unhurried: StorySetting = {
        var setting = StorySetting()
        setting.pace.gossip.heartbeat = .seconds(60)
        setting.pace.peers.tickMilliseconds = 60_000
        setting.pace.peers.announceMilliseconds = 1_200_000
        setting.pace.sync.tickMilliseconds = 60_000
        setting.pace.assessments = .seconds(21_600)
        return setting
    }()

    /// For stories of months without an hour that counts: nodes just count as active, and the mesh is
    /// tended seldom.
    public static let patient: StorySetting = {
        var setting = StorySetting.unhurried
        // Far from each other, nodes live through long stretches side by side (ADR 0020).
        setting.faults.latencyLeast = .milliseconds(100)
        setting.faults.latencyMost = .milliseconds(200)
        setting.faults.lossPerMille = 1
        setting.pace.gossip.heartbeat = .seconds(600)
        setting.pace.peers.tickMilliseconds = 300_000
        setting.pace.peers.announceMilliseconds = 1_500_000
        setting.pace.sync.tickMilliseconds = 120_000
        setting.pace.sync.incrementalMilliseconds = 3_600_000
        setting.pace.assessments = .seconds(43_200)
        return setting
    }()

    /// For stories that kill nodes: they can be killed, and meet again soon after.
    public static let mortal: StorySetting = {
        var setting = StorySetting()
        setting.disk = DiskPlan()
        setting.pace.gossip.heartbeat = .seconds(20)
        setting.pace.peers.tickMilliseconds = 10_000
        setting.pace.sync.tickMilliseconds = 10_000
        setting.pace.sync.incrementalMilliseconds = 180_000
        setting.pace.assessments = .seconds(300)
        return setting
    }()

    /// For stories of what nodes do to each other: nothing is lost, so that what goes wrong is the doing of
    /// those who do wrong, and what is no sync is done seldom.
    public static let sound: StorySetting = {
        var setting = StorySetting()
        setting.faults = FaultPlan(lossPerMille: 0)
        setting.pace.gossip.heartbeat = .seconds(15)
        setting.pace.peers.tickMilliseconds = 10_000
        setting.pace.peers.announceMilliseconds = 120_000
        setting.pace.sync.tickMilliseconds = 2_000
        return setting
    }()

    /// The same for stories of one node that joins others.
    ///
    /// - Parameters:
    ///   - joiner: its number.
    ///   - told: the nodes that it is told of.
    /// - Returns: the setting.
    public static func joining(_ joiner: Int, told: [Int]) -> StorySetting {
        var setting = Self.sound
        setting.joiners = [joiner: told]
        return setting
    }
}
