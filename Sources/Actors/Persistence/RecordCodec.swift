import Messages
import Primitives

/// The bytes of a record: a header of 192 bytes, the content, the first half of their SHA-256.
///
/// The checksum is SHA-256 rather than a CRC because it runs at a gigabyte a second on current
/// processors, needs no code of our own, and the rolling digest of the log needs the hash anyway.
/// Integers are big-endian.
enum RecordCodec {
    static let headerSize = 192
    static let checksumSize = 16

    /// Offsets of the header's fields.
    enum Offset {
        static let magic = 0
        static let kind = 4
        static let origin = 5
        static let topic = 6
        static let flags = 7
        static let type = 8
        static let reserved = 10
        static let keyCount = 12
        static let sequence = 16
        static let timestamp = 24
        static let arrival = 32
        static let reputation = 40
        static let votingOpensAt = 48
        static let bodyCount = 56
        static let id = 64
        static let from = 96
        static let identity = 128
        /// Who handed a message over; of own entries the key of the request that led to them.
        static let party = 160
    }

    static let magic: UInt32 = 0x564C_5231
    static let messageKind: UInt8 = 1
    static let factKind: UInt8 = 2
    static let suspendedFlag: UInt8 = 1
    static let votingOpensFlag: UInt8 = 2

    /// The bytes of an entry at its place.
    static func encode(_ entry: LogEntry, sequence: UInt64) -> [UInt8] {
        var writer = RecordWriter(bodyCount: Self.bodyCount(of: entry))
        writer.put(Self.magic, at: Offset.magic)
        writer.put(sequence, at: Offset.sequence)
        switch entry {
        case .message(let admitted): Self.encode(admitted, into: &writer)
        case .fact(let fact): Self.encode(fact, into: &writer)
        }
        return writer.finish()
    }

    /// The whole checksum of encoded bytes, as the rolling digest takes it.
    static func checksum(of record: UnsafeRawBufferPointer) -> Bytes32 {
        SHA256Digest.hash(
            UnsafeRawBufferPointer(rebasing: record.dropLast(Self.checksumSize))
        )
    }

    private static func bodyCount(of entry: LogEntry) -> Int {
        switch entry {
        case .message(let admitted): admitted.message.canonical.count
        case .fact(let fact): FactCodec.count(fact)
        }
    }

    private static func encode(_ admitted: AdmittedMessage, into writer: inout RecordWriter) {
        let message = admitted.message
        let origin = StoredOrigin(admitted.origin).fields
        writer.put(Self.messageKind, at: Offset.kind)
        writer.put(origin.kind, at: Offset.origin)
        writer.put(origin.topic, at: Offset.topic)
        writer.put(Self.flags(admitted.sender), at: Offset.flags)
        writer.put(TypeCode.of(message.type), at: Offset.type)
        writer.put(UInt32(clamping: admitted.sender.keyCount), at: Offset.keyCount)
        writer.put(message.timestamp.milliseconds, at: Offset.timestamp)
        writer.put(admitted.receivedAt.milliseconds, at: Offset.arrival)
        writer.put(admitted.reputation.millionths, at: Offset.reputation)
        writer.put(admitted.sender.votingOpensAt?.milliseconds ?? 0, at: Offset.votingOpensAt)
        writer.put(message.id.bytes, at: Offset.id)
        writer.put(message.from.bytes, at: Offset.from)
        writer.put(admitted.sender.identity.bytes, at: Offset.identity)
        if let party = origin.party { writer.put(party, at: Offset.party) }
        writer.putBody(message.canonical)
    }

    private static func encode(_ fact: LocalFact, into writer: inout RecordWriter) {
        writer.put(Self.factKind, at: Offset.kind)
        writer.put(TypeCode.fact, at: Offset.type)
        writer.put(fact.recordedAt.milliseconds, at: Offset.timestamp)
        writer.put(fact.recordedAt.milliseconds, at: Offset.arrival)
        if let key = fact.key { writer.put(key.bytes, at: Offset.party) }
        writer.putBody(FactCodec.encode(fact))
    }

    private static func flags(_ sender: SenderStanding) -> UInt8 {
        (sender.isSuspended ? Self.suspendedFlag : 0)
            | (sender.votingOpensAt == nil ? 0 : Self.votingOpensFlag)
    }
}

/// Fills the bytes of one record.
struct RecordWriter {
    private var bytes: [UInt8]

    init(bodyCount: Int) {
        self.bytes = []
        self.bytes.reserveCapacity(RecordCodec.headerSize + bodyCount + RecordCodec.checksumSize)
        self.bytes.append(contentsOf: repeatElement(0, count: RecordCodec.headerSize))
        self.put(UInt32(clamping: bodyCount), at: RecordCodec.Offset.bodyCount)
    }

    mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: value.bigEndian) { source in
            self.bytes.replaceSubrange(offset..<(offset + source.count), with: source)
        }
    }

    mutating func put(_ value: Bytes32, at offset: Int) {
        self.bytes.replaceSubrange(offset..<(offset + 32), with: value.array)
    }

    mutating func putBody(_ body: [UInt8]) { self.bytes.append(contentsOf: body) }

    /// Adds the checksum.
    consuming func finish() -> [UInt8] {
        let sum = SHA256Digest.hash(self.bytes).array
        self.bytes.append(contentsOf: sum.prefix(RecordCodec.checksumSize))
        return self.bytes
    }
}
