import Identities
import Messages
import Primitives

/// What a key said, as much of it as the market keeps.
///
/// Whose it is follows from the registry of keys, and is asked when it is needed.
struct Statement<Body: Sendable & Codable>: Sendable, Codable {
    let id: MessageID
    /// Who signed it.
    let key: NodeID
    /// When, as the signer says.
    let at: Timestamp
    /// When it came here.
    let heardAt: Timestamp
    /// The signer's score at arrival.
    let reputation: FixedPoint
    let body: Body

    init(_ admitted: AdmittedMessage, _ body: Body) {
        self.id = admitted.message.id
        self.key = admitted.message.from
        self.at = admitted.message.timestamp
        self.heardAt = admitted.receivedAt
        self.reputation = admitted.reputation
        self.body = body
    }

    /// Whether its signer might do something, when it arrived.
    ///
    /// Everybody stores and relays what is said in the right form; whether it counts is this node's opinion
    /// (D-20).
    func permits(_ capability: Capability) -> Bool { capability.isPermitted(at: self.reputation) }

    /// Whether it comes before another one: by the time, and then by the id.
    func precedes(_ other: Statement<some Sendable & Codable>) -> Bool {
        (self.at, self.id) < (other.at, other.id)
    }
}

/// Statements of one kind in the order of their stamps, which does not depend on their arrival.
struct Statements<Body: Sendable & Codable>: Sendable, Codable {
    /// How many are kept, and which of more.
    struct Room: Sendable {
        let all: Int
        let perKey: Int
        /// Only the last ones in time matter; else the first and the last do, and those between give way.
        let keepsNewest: Bool
    }

    private(set) var all: [Statement<Body>] = []

    /// When the newest was signed.
    var newest: Timestamp? { self.all.last?.at }

    /// Adds one, unless it is known, and drops what there is no room for.
    ///
    /// - Returns: what gave way, if anything did; that may be the new one.
    @discardableResult
    mutating func insert(_ statement: Statement<Body>, _ room: Room) -> Statement<Body>? {
        let place = self.place(of: statement)
        if place < self.all.count, self.all[place].id == statement.id { return nil }
        self.all.insert(statement, at: place)
        let own = self.all.indices.filter { self.all[$0].key == statement.key }
        if own.count > room.perKey {
            return self.all.remove(at: own[room.keepsNewest ? 0 : own.count / 2])
        }
        guard self.all.count > room.all else { return nil }
        return self.all.remove(at: room.keepsNewest ? 0 : self.all.count / 2)
    }

    private func place(of statement: Statement<Body>) -> Int {
        var (low, high) = (0, self.all.count)
        while low < high {
            let middle = (low + high) / 2
            if self.all[middle].precedes(statement) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Forgets what was signed before a moment.
    mutating func drop(before moment: Timestamp) {
        self.all.removeSubrange(..<(self.all.firstIndex { $0.at >= moment } ?? self.all.endIndex))
    }

    /// Forgets some.
    mutating func remove(where isGone: (Statement<Body>) -> Bool) {
        self.all.removeAll(where: isGone)
    }

    /// Forgets the oldest.
    mutating func dropOldest() { if !self.all.isEmpty { self.all.removeFirst() } }
}

extension Statement: Digestible {
    /// What was said follows from the id.
    func digest(into writer: inout some StateWriter) {
        writer.field("id", self.id)
        writer.field("key", self.key)
        writer.field("at", self.at)
        writer.field("heardAt", self.heardAt)
        writer.field("reputation", self.reputation)
    }
}

extension Statements: Digestible {
    func digest(into writer: inout some StateWriter) { writer.field("all", self.all) }
}

extension KeyRegistry {
    /// The identity that a statement counts for; nil when it is void (D-14).
    func owner(of statement: Statement<some Sendable & Codable>) -> NodeID? {
        self.owner(of: statement.key, at: statement.at)
    }
}
