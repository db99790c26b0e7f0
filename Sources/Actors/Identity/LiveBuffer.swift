import HeapModule
import Messages
import Primitives

/// Live messages of one phase that wait.
///
/// When there are too many, those of the least important type give way, the oldest of these first
/// (R-05-017, R-05-018).
struct LiveBuffer: Sendable {
    private struct Waiting: Sendable, Comparable {
        let command: IdentifySender

        private var place: (Timestamp, MessageID) {
            (self.command.message.timestamp, self.command.message.id)
        }

        static func < (one: Waiting, other: Waiting) -> Bool { one.place < other.place }
        static func == (one: Waiting, other: Waiting) -> Bool { one.place == other.place }
    }

    /// By importance.
    private var ranks: [Heap<Waiting>] = Array(repeating: Heap(), count: Self.order.count)
    private var count = 0
    private var bytes = 0
    private(set) var oldestDropped: Timestamp?

    /// Those that wait, by their stamps.
    var messages: [IdentifySender] {
        self.ranks.flatMap(\.unordered).sorted().map(\.command)
    }

    /// Adds a message.
    ///
    /// - Returns: what gave way; that may be the message itself.
    mutating func insert(_ command: IdentifySender) -> [IdentifySender] {
        self.ranks[Self.rank(of: command)].insert(Waiting(command: command))
        self.count += 1
        self.bytes += command.message.canonical.count
        var dropped: [IdentifySender] = []
        while self.isOverfull, let next = self.dropNext() { dropped.append(next) }
        return dropped
    }

    private var isOverfull: Bool { !self.holds(messages: self.count, bytes: self.bytes) }

    /// Whether there is room for so many messages of so many bytes in all (R-05-017).
    func holds(messages: Int, bytes: Int) -> Bool {
        messages <= IdentityLimits.liveMessagesMax && bytes <= IdentityLimits.liveBytesMax
    }

    private mutating func dropNext() -> IdentifySender? {
        guard let rank = self.ranks.firstIndex(where: { !$0.isEmpty }),
            let dropped = self.ranks[rank].popMin()?.command
        else { return nil }
        self.count -= 1
        self.bytes -= dropped.message.canonical.count
        let stamp = dropped.message.timestamp
        self.oldestDropped = min(self.oldestDropped ?? stamp, stamp)
        return dropped
    }

    // MARK: Importance

    /// Types of phases in which some matter more than others, the least important first (R-05-019,
    /// R-05-020, D-28); all types of other phases are alike.
    private static let order: [MessageType] = [
        .didLink, .keyConflict, .keyRotate, .didRevoke,
        .comment, .request, .adopt, .withdraw, .propose, .vote,
    ]

    private static func rank(of command: IdentifySender) -> Int {
        command.message.type.flatMap { Self.order.firstIndex(of: $0) } ?? 0
    }
}
