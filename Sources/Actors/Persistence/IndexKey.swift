import Messages
import Primitives

/// Place of a message in the index by type and time.
struct IndexKey: Comparable, Hashable, Sendable {
    static let size = 42

    let type: UInt16
    let timestamp: Timestamp
    let id: MessageID

    /// Cursor order within a type, and between types: (timestamp, id) (R-05-005).
    static func < (left: IndexKey, right: IndexKey) -> Bool {
        (left.timestamp, left.id) < (right.timestamp, right.id)
    }

    init(type: UInt16, timestamp: Timestamp, id: MessageID) {
        self.type = type
        self.timestamp = timestamp
        self.id = id
    }

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.size, let id = MessageID(bytes[10..<42]) else { return nil }
        self.type = UInt16(bigEndian: bytes.loadUnaligned(as: UInt16.self))
        self.timestamp = Timestamp(
            milliseconds: Int64(
                bitPattern: UInt64(
                    bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self)
                ) ^ Self.signBit
            )
        )
        self.id = id
    }

    /// Bytes that sort as (type, timestamp, id); the sign bit is turned so that times before
    /// 1970 sort first.
    var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.size)
        withUnsafeBytes(of: self.type.bigEndian) { result.append(contentsOf: $0) }
        let time = UInt64(bitPattern: self.timestamp.milliseconds) ^ Self.signBit
        withUnsafeBytes(of: time.bigEndian) { result.append(contentsOf: $0) }
        result.append(contentsOf: self.id.array)
        return result
    }

    static let signBit: UInt64 = 1 << 63
}

/// The index entries of one type, in cursor order.
protocol IndexCursor {
    /// The next entry, not yet passed.
    var head: IndexKey? { get }
    /// Passes it.
    mutating func advance()
}

/// Takes a page from several types at once, in the order of (timestamp, id).
enum PageMerge {
    static func page<Cursor: IndexCursor, Failure: Error>(
        _ request: PageRequest,
        from start: [Cursor],
        envelope: (IndexKey) throws(Failure) -> [UInt8]
    ) throws(Failure) -> MessagesAfter.Reply {
        var cursors = start
        var messages: [[UInt8]] = []
        var bytes = 0
        var last: IndexKey?
        let limit = min(max(request.limit, 1), PersistenceLimits.pageMessagesMax)
        var next = Self.first(of: cursors)
        while let (index, key) = next, messages.count < limit {
            let message = try envelope(key)
            guard messages.isEmpty || bytes + message.count <= request.bytesMax else { break }
            bytes += message.count
            messages.append(message)
            last = key
            cursors[index].advance()
            next = Self.first(of: cursors)
        }
        return MessagesAfter.Reply(
            messages: messages,
            hasMore: next != nil,
            nextTimestamp: last?.timestamp ?? request.since,
            nextID: last?.id ?? request.sinceID
        )
    }

    private static func first(of cursors: [some IndexCursor]) -> (index: Int, key: IndexKey)? {
        var best: (index: Int, key: IndexKey)?
        for (index, cursor) in cursors.enumerated() {
            guard let head = cursor.head else { continue }
            if let found = best, found.key < head { continue }
            best = (index, head)
        }
        return best
    }
}
