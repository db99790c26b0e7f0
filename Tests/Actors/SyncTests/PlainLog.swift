import Messages
import Primitives

/// A log in memory, in the order in which messages came, which hands out pages like the real one.
struct PlainLog {
    struct Entry {
        let message: Message
        let isOwn: Bool
    }

    private(set) var entries: [Entry] = []
    /// The same by (timestamp, id).
    private var ordered: [Message] = []
    private var held: Set<MessageID> = []

    func holds(_ id: MessageID) -> Bool { self.held.contains(id) }

    mutating func add(_ message: Message, isOwn: Bool) {
        self.held.insert(message.id)
        self.entries.append(Entry(message: message, isOwn: isOwn))
        let place = self.ordered.partitioningIndex { !Self.isBefore($0, message) }
        self.ordered.insert(message, at: place)
    }

    private static func isBefore(_ one: Message, _ other: Message) -> Bool {
        (one.timestamp, one.id) < (other.timestamp, other.id)
    }

    // MARK: Reading

    func ids(where isWanted: (MessageType) -> Bool) -> [MessageID] {
        self.entries.compactMap { entry in
            (entry.message.type.map(isWanted) ?? false) ? entry.message.id : nil
        }
    }

    func page(_ query: MessagesAfter) -> MessagesAfter.Reply {
        let start = self.ordered.partitioningIndex { message in
            guard message.timestamp == query.since else { return message.timestamp > query.since }
            return query.sinceID.map { message.id > $0 } ?? false
        }
        var found: [Message] = []
        for message in self.ordered[start...] where found.count <= query.limit {
            guard let type = message.type, query.types.isEmpty || query.types.contains(type) else {
                continue
            }
            found.append(message)
        }
        let page = found.prefix(query.limit)
        return MessagesAfter.Reply(
            messages: page.map(\.canonical),
            hasMore: found.count > page.count,
            nextTimestamp: page.last?.timestamp ?? query.since,
            nextID: page.last?.id ?? query.sinceID
        )
    }

    func messages(_ query: MessagesByID) -> MessagesByID.Reply {
        let wanted = Set(query.ids)
        let found = self.ordered.filter { wanted.contains($0.id) }
        return MessagesByID.Reply(messages: found.map(\.canonical))
    }
}

extension Array {
    /// The first place from which on all elements are wanted.
    fileprivate func partitioningIndex(where isWanted: (Element) -> Bool) -> Int {
        var (low, high) = (0, self.count)
        while low < high {
            let middle = (low + high) / 2
            if isWanted(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
