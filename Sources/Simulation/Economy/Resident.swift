import Cryptography
public import Messages
public import Primitives

/// What a resident does, day by day.
public struct Habits: Sendable {
    /// When a resident is not there, in hours since the beginning of the town.
    public enum Absence: Sendable {
        case never
        /// From this hour of each seventh day, so many hours.
        case weekly(fromHour: Int, hours: Int)
        /// Once.
        case once(fromHour: Int, hours: Int)
    }

    /// The day on which it comes.
    public var arrives = 0
    /// When it is away afterwards.
    public var absence = Absence.never
    /// Bytes that it gives to the market.
    public var offers: Int64 = 0
    /// Whether it keeps the copies that it confirms.
    public var keepsCopies = true
    /// Bytes for which it wants copies at any time, as far as its score and purse permit.
    public var wants: Int64 = 0
    /// Bytes of one artefact.
    public var artefact: Int64 = 40_000_000
    /// Copies of each.
    public var copies = 3
    /// After so many days an artefact is withdrawn, and makes room for another one.
    public var keepsFor = 90
    /// Proposals a week, each about an artefact of which others keep copies.
    public var proposals = 0
    /// Whether it adopts what others propose.
    public var adopts = false
    /// Whom it calls a friend: those of the same name attest each other's copies unseen, and choose and
    /// adopt each other alone.
    public var ring: String?
    /// Whether it deals with friends alone: its content is kept by them, and it keeps nothing of others.
    public var keepsToFriends = false

    /// Is there, and does nothing else.
    public init() {}

    /// Whether it is there in an hour.
    func isOnline(in hour: Int) -> Bool {
        guard hour >= self.arrives * 24 else { return false }
        switch self.absence {
        case .never: return true
        case .weekly(let start, let hours):
            let since = hour % 168 - start
            return !(0..<hours).contains(since)
        case .once(let start, let hours): return !(start..<(start + hours)).contains(hour)
        }
    }
}

/// An identity without a node, as it goes about in a town.
struct Resident {
    let name: String
    /// Those who are told of together.
    let role: String
    let id: NodeID
    let habits: Habits
    let proof: VDFProof
    /// Its score, as the observer saw it last.
    var score: FixedPoint
    /// The direct part of it, from which rent is paid.
    var purse: FixedPoint
    /// Bytes that it keeps or promised.
    var promised: Int64 = 0
    /// Artefacts that it made so far.
    var made = 0

    init(_ plan: TownPlan.Resident, seed: UInt64) {
        self.name = plan.name
        self.role = plan.role
        self.habits = plan.habits
        self.id = NodeID(SHA256Digest.hash(Array("\(seed) \(plan.name)".utf8)))
        self.proof = SimulatedProof.make(self.id.bytes, computedAt: Town.epoch)
        self.score = plan.founds ?? FixedPoint(millionths: 200_000)
        self.purse = self.score
    }

    /// Whether another one is its friend.
    func befriends(_ other: Resident) -> Bool {
        self.habits.ring != nil && self.habits.ring == other.habits.ring
    }
}

/// Who lives in a town.
public struct TownPlan: Sendable {
    /// One who lives there.
    public struct Resident: Sendable {
        /// What it is called.
        public let name: String
        /// Those of one role are told of together.
        public let role: String
        /// What it does.
        public let habits: Habits
        /// The score of a founder; nil for others.
        public let founds: FixedPoint?
    }

    /// In the order of their names' appearance.
    public private(set) var residents: [Resident] = []
    /// Every copy is challenged by each validator once in so many days.
    public var challengePause = 1
    /// How many adopt a proposal.
    public var adopters = 10
    /// The numbers of the network.
    public var parameters = NetworkParameters()

    /// Nobody yet.
    public init() {}

    /// Adds residents of one role; several are numbered.
    public mutating func add(
        _ role: String,
        _ count: Int = 1,
        founding score: Int64? = nil,
        _ change: (inout Habits) -> Void = { _ in }
    ) {
        var habits = Habits()
        change(&habits)
        for number in 1...count {
            self.residents.append(
                Resident(
                    name: count == 1 ? role : "\(role) \(number)",
                    role: role,
                    habits: habits,
                    founds: score.map { FixedPoint(millionths: $0) }
                )
            )
        }
    }
}
