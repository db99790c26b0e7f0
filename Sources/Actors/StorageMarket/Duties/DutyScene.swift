import Identities
import Kernel
import Messages
import Primitives

/// What duties decide from, at one moment; they look and change nothing in it.
struct DutyScene {
    /// The time.
    let now: Timestamp
    /// Who this node is, and who is who.
    let parties: Parties
    /// Rent of 10^9 bytes for a day, as it is in force (D-63).
    let rate: FixedPoint
    /// Artefacts in which this node has a part, or may take one.
    let contents: () -> [ContentHash]
    /// The contracts on an artefact that anybody ever asked for, the one in force first.
    let contracts: (ContentHash) -> [Contract]
    /// Bytes of an artefact that this node holds whole; nil when it does not.
    let size: (ContentHash) -> Int?
    /// Bytes that an identity has under contract, one artefact not counted.
    let activeBytes: (NodeID, ContentHash) -> Int64
    /// Bytes of which an identity keeps confirmed copies.
    let heldBytes: (NodeID) -> Int64
    /// What flags and votes make of an artefact.
    let standing: (ContentHash) -> ContentStanding
    /// Whether this node keeps an artefact on its own account, since it shares or adopted it.
    let isPinned: (ContentHash) -> Bool

    /// The identity that this node acts for.
    var own: NodeID { self.parties.own }

    /// How long days are.
    var calendar: MarketCalendar { self.parties.calendar }

    /// Milliseconds of a day of the market.
    var day: Int64 { self.calendar.milliseconds(.days(1)) }

    /// Milliseconds of an hour of the market.
    var hour: Int64 { self.calendar.milliseconds(.hours(1)) }

    /// How long something that was said may be on its way to the books.
    var pause: Int64 { self.calendar.milliseconds(StorageDutyLimits.repeatPause) }

    /// The contract in force on an artefact, or the one that ended last.
    func contract(_ content: ContentHash) -> Contract? { self.contracts(content).first }

    /// The keys that may act for an identity, root first.
    func keys(of identity: NodeID) -> [NodeID] { self.parties.keys(identity) }

    /// One day's rent for an artefact.
    func dailyRent(of contract: Contract) -> FixedPoint {
        Prices.dailyRent(of: contract.content.contentSize, rate: self.rate)
    }

    /// Whether this node has all of a contract's artefact.
    func holdsWhole(_ contract: Contract) -> Bool {
        self.size(contract.content.contentHash) == Int(clamping: contract.content.contentSize)
    }
}

/// What follows from a look at a contract.
struct DutyStep {
    /// What to do.
    var actions: [StorageMarketAction] = []
    /// Artefacts to fetch of which copies are owed.
    var pulls: [CopyPull] = []
    /// Artefacts to hold no longer.
    var drops: [ContentHash] = []
    /// When to look again at the latest; nil when only news can change anything.
    private(set) var next: Timestamp?

    /// Asks for another look at this time or earlier.
    mutating func look(at time: Timestamp) { self.next = min(self.next ?? time, time) }

    /// Adds what another duty wants.
    mutating func add(_ other: DutyStep) {
        self.actions += other.actions
        self.pulls += other.pulls
        self.drops += other.drops
        if let next = other.next { self.look(at: next) }
    }
}

/// Who this node is, and which key belongs to whom.
struct Parties {
    /// The identity that this node acts for.
    let own: NodeID
    /// The node's key.
    let ownNode: NodeID
    /// The identity of a key.
    let identity: (NodeID) -> NodeID
    /// The keys of an identity, root first.
    let keys: (NodeID) -> [NodeID]
    /// The key that took the place of a key, which may be itself.
    let heir: (NodeID) -> NodeID
    /// How long days are.
    let calendar: MarketCalendar

    /// Whether this node said something itself, be it with an earlier key.
    func isOwn(_ admitted: AdmittedMessage) -> Bool {
        if case .local = admitted.origin { return true }
        return admitted.message.from == self.ownNode
    }
}

extension Parties {
    /// As the books have it.
    init(_ books: MarketBooks, own: NodeID) {
        let keys = books.keys
        self.init(
            own: keys.identity(of: own),
            ownNode: own,
            identity: { keys.identity(of: $0) },
            keys: { keys.keys(of: $0) },
            heir: { keys.heir(of: $0) },
            calendar: books.calendar
        )
    }
}

extension DutyScene {
    /// As the books and the disk have it.
    init(
        _ books: MarketBooks,
        _ held: HeldArtefacts,
        _ pins: Pins,
        _ standings: Standings,
        _ parties: Parties,
        now: Timestamp
    ) {
        self.init(
            now: now,
            parties: parties,
            rate: books.rate(at: now),
            contents: { books.contents(concerning: parties.own, at: now) },
            contracts: { books.contracts(on: $0, at: now) },
            size: { held.size(of: $0) },
            activeBytes: { books.activeBytes(of: $0, besides: $1, at: now) },
            heldBytes: { books.heldBytes(by: $0, at: now) },
            standing: { standings.standing(of: $0) },
            isPinned: { pins.contains($0) }
        )
    }
}
