/// The nine attacks of the GossipSub v1.1 evaluation report (PL-TechRep-2020-001), and none.
///
/// In all of them a Sybil grafts whoever it is connected to, as often as back-off allows, so that the
/// meshes of honest nodes fill with Sybils; they differ in whom it connects to, when, and what it
/// drops.
enum Attack: String, CaseIterable, Sendable {
    /// No Sybils at all.
    case none
    /// All Sybils connect to one node and drop what passes.
    case eclipseOne = "eclipse-one"
    /// Sybils connect to everybody and drop what passes.
    case eclipseAll = "eclipse-all"
    /// Sybils connect to the publishers and drop what passes.
    case eclipsePublishers = "eclipse-publishers"
    /// Sybils forward everything but the messages of one publisher.
    case censor
    /// Sybils forward every second message, and that a second late.
    case degrade
    /// Sybils are there while honest nodes still join, and drop from the start.
    case coldBoot = "cold-boot"
    /// Sybils behave until they have a good score, then all drop at once.
    case covertFlash = "covert-flash"
    /// Sybils join with the honest nodes, behave while the network is young, then drop.
    case attackAtDawn = "attack-at-dawn"
    /// Sybils share few addresses; otherwise as in `covertFlash`.
    case collocation = "ip-collocation"

    /// When Sybils connect, in milliseconds from the start.
    var joinsAt: Int64 {
        switch self {
        case .coldBoot, .covertFlash, .attackAtDawn, .collocation: 0
        default: Timeline.warm
        }
    }

    /// When Sybils stop behaving.
    var strikesAt: Int64 {
        switch self {
        case .coldBoot: 0
        case .attackAtDawn: Timeline.warm / 2
        default: Timeline.warm
        }
    }

    /// Addresses that the Sybils share.
    func addresses(of sybils: Int) -> Int {
        max(1, self == .collocation ? sybils / 400 : sybils / 16)
    }

    /// The honest nodes that a Sybil may connect to.
    func targets(honest: Int, publishers: Int) -> Range<Int> {
        switch self {
        case .eclipseOne: 0..<1
        case .eclipsePublishers: 0..<publishers
        default: 0..<honest
        }
    }

    /// Whether a striking Sybil forwards a message, and how late.
    func forwards(publisher: Int, number: UInt64) -> (does: Bool, delay: Int64) {
        switch self {
        case .censor: (publisher != 0, 0)
        case .degrade: (number % 2 == 0, 1_000)
        default: (false, 0)
        }
    }
}

/// The stretches of a run, in milliseconds.
enum Timeline {
    /// Honest nodes connect within this time.
    static let joining: Int64 = 10_000
    /// Messages count from here on; most attacks begin here.
    static let warm: Int64 = 60_000
    /// Time after the last message for stragglers.
    static let settling: Int64 = 15_000
}
