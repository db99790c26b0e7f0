import Identities
import Messages
import OrderedCollections
import Primitives

/// Which of two messages of an identity stands: later beats earlier, the larger id a tie (R-08-002).
struct Rank: Comparable, Sendable, Codable {
    /// Stamped within the time that counts; others replace none that is (D-55).
    let isInTime: Bool
    let timestamp: Timestamp
    let id: MessageID

    static func < (left: Rank, right: Rank) -> Bool {
        (left.isInTime ? 1 : 0, left.timestamp, left.id)
            < (right.isInTime ? 1 : 0, right.timestamp, right.id)
    }
}

/// Messages of one kind about one proposal, kept by the key that signed them.
///
/// Earlier ones of a key stay: a revocation may void the newest.
struct MessageBox<Body: Sendable & Codable>: Sendable, Codable {
    struct Item: Sendable, Codable {
        let message: Message
        let body: Body
        /// The sender's score at arrival, recorded in the log.
        let reputation: FixedPoint
        let rank: Rank
    }

    private var byKey: OrderedDictionary<NodeID, [Item]> = [:]
    /// How many messages there are.
    private(set) var count = 0

    /// All messages, those of a key in the order of rank.
    var items: [Item] { self.byKey.values.flatMap { $0 } }

    /// Adds a message; of very many of one key the first and the last ones in time stay.
    ///
    /// The last message counts. When a revocation voids what a thief signed, the owner's last message
    /// before that counts. It is still here if the owner signed no more than half of what is kept,
    /// however many messages the thief added.
    mutating func insert(_ item: Item) {
        var items = self.byKey[item.message.from] ?? []
        guard !items.contains(where: { $0.message.id == item.message.id }) else { return }
        let place = items.firstIndex { $0.rank > item.rank } ?? items.endIndex
        items.insert(item, at: place)
        self.count += 1
        if items.count > ConsensusLimits.messagesPerKeyMax {
            // Messages out of time sort first and never count, so they are dropped first.
            items.remove(at: items[0].rank.isInTime ? items.count / 2 : 0)
            self.count -= 1
        }
        self.byKey[item.message.from] = items
    }

    /// Which messages are in time is another matter now.
    mutating func rank(inTime isInTime: (Message) -> Bool) {
        for (key, items) in self.byKey {
            self.byKey[key] = items.map { $0.ranked(inTime: isInTime($0.message)) }
                .sorted { $0.rank < $1.rank }
        }
    }

    /// Whether a message counts for an identity.
    func holds(of identity: NodeID, _ signers: Signers) -> Bool {
        signers.keys(thatSignedFor: identity).contains { key in
            self.byKey[key]?.contains { signers.owner(of: $0.message) == identity } == true
        }
    }

    /// The message of highest rank of each identity, sorted by identity; void ones are left out.
    func newest(_ signers: Signers) -> [(identity: NodeID, item: Item)] {
        var newest: OrderedDictionary<NodeID, Item> = [:]
        for item in self.items {
            guard let identity = signers.owner(of: item.message) else { continue }
            if let other = newest[identity], other.rank > item.rank { continue }
            newest[identity] = item
        }
        return newest.sorted { $0.key < $1.key }.map { (identity: $0.key, item: $0.value) }
    }

    /// Messages of keys that were revoked with effect before (D-14).
    func voided(_ signers: Signers) -> [Item] {
        self.items.filter { signers.owner(of: $0.message) == nil }
    }
}

extension MessageBox.Item {
    fileprivate func ranked(inTime isInTime: Bool) -> Self {
        let rank = Rank(isInTime: isInTime, timestamp: self.rank.timestamp, id: self.rank.id)
        return MessageBox.Item(
            message: self.message,
            body: self.body,
            reputation: self.reputation,
            rank: rank
        )
    }
}

extension Rank: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("isInTime", self.isInTime)
        writer.field("timestamp", self.timestamp)
        writer.field("id", self.id)
    }
}

extension MessageBox: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("byKey", self.byKey.ascending)
    }
}

extension MessageBox.Item: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("message", self.message)
        writer.field("reputation", self.reputation)
        writer.field("rank", self.rank)
    }
}
