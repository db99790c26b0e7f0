import Kernel
import Messages
import Primitives

/// Reads a record where it lies; never outlives the closure that lent it the bytes.
struct RecordReader {
    private let bytes: UnsafeRawBufferPointer
    /// The whole hash of header and content; the record stores its first half.
    let checksum: Bytes32

    /// Checks length, checksum, magic and place before any field is used.
    init(_ bytes: UnsafeRawBufferPointer, sequence: UInt64) throws(RecordDamage) {
        guard bytes.count >= RecordCodec.headerSize + RecordCodec.checksumSize else {
            throw .tooShort(count: bytes.count)
        }
        self.bytes = bytes
        self.checksum = RecordCodec.checksum(of: bytes)
        let stored = bytes.suffix(RecordCodec.checksumSize)
        guard self.checksum.array.prefix(RecordCodec.checksumSize).elementsEqual(stored) else {
            throw .checksum
        }
        guard self.integer(RecordCodec.Offset.magic, as: UInt32.self) == RecordCodec.magic else {
            throw .magic
        }
        let found = self.integer(RecordCodec.Offset.sequence, as: UInt64.self)
        guard found == sequence else { throw .sequence(found: found) }
        let bodyCount = Int(self.integer(RecordCodec.Offset.bodyCount, as: UInt32.self))
        guard bodyCount == self.body.count else { throw .field("length \(bodyCount)") }
    }

    /// The envelope or the fact.
    var body: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            rebasing: self.bytes[
                RecordCodec.headerSize..<(self.bytes.count - RecordCodec.checksumSize)
            ]
        )
    }

    /// The message's identifier; zeros for a fact.
    var id: MessageID { MessageID(self.bytes32(RecordCodec.Offset.id)) }

    /// The content, parsed again but without a check of the signature.
    func entry(acceptedVersions: Set<Int64>) throws(RecordDamage) -> LogEntry {
        switch self.integer(RecordCodec.Offset.kind, as: UInt8.self) {
        case RecordCodec.messageKind:
            return .message(try self.admitted(acceptedVersions: acceptedVersions))
        case RecordCodec.factKind:
            let key = RequestKey(self.bytes32(RecordCodec.Offset.party))
            guard
                let fact = FactCodec.decode(self.body, recordedAt: self.arrival, key: key)
            else {
                throw .field("fact")
            }
            return .fact(fact)
        case let other:
            throw .field("kind \(other)")
        }
    }

    private func admitted(
        acceptedVersions: Set<Int64>
    ) throws(RecordDamage) -> AdmittedMessage {
        let message: Message
        do {
            message = try EnvelopeCodec.decode(
                Array(self.body),
                acceptedVersions: acceptedVersions
            )
        } catch {
            throw .envelope("\(error)")
        }
        guard message.id == self.id else { throw .field("identifier") }
        return AdmittedMessage(
            message: message,
            origin: try self.origin().origin,
            receivedAt: self.arrival,
            sender: self.standing,
            reputation: FixedPoint(
                millionths: self.integer(RecordCodec.Offset.reputation, as: Int64.self)
            )
        )
    }

    private func origin() throws(RecordDamage) -> StoredOrigin {
        let kind = self.integer(RecordCodec.Offset.origin, as: UInt8.self)
        let topic = self.integer(RecordCodec.Offset.topic, as: UInt8.self)
        let party = self.bytes32(RecordCodec.Offset.party)
        guard let origin = StoredOrigin(kind: kind, topic: topic, party: party) else {
            throw .field("origin \(kind).\(topic)")
        }
        return origin
    }

    private var standing: SenderStanding {
        let flags = self.integer(RecordCodec.Offset.flags, as: UInt8.self)
        let opening = self.integer(RecordCodec.Offset.votingOpensAt, as: Int64.self)
        return SenderStanding(
            identity: NodeID(self.bytes32(RecordCodec.Offset.identity)),
            keyCount: Int(self.integer(RecordCodec.Offset.keyCount, as: UInt32.self)),
            isSuspended: flags & RecordCodec.suspendedFlag != 0,
            votingOpensAt: flags & RecordCodec.votingOpensFlag == 0
                ? nil : Timestamp(milliseconds: opening)
        )
    }

    /// Place in the index by type and time; nil for a fact.
    var indexKey: IndexKey? {
        guard
            self.integer(RecordCodec.Offset.kind, as: UInt8.self) == RecordCodec.messageKind
        else { return nil }
        let time = self.integer(RecordCodec.Offset.timestamp, as: Int64.self)
        return IndexKey(
            type: self.integer(RecordCodec.Offset.type, as: UInt16.self),
            timestamp: Timestamp(milliseconds: time),
            id: self.id
        )
    }

    var arrival: Timestamp {
        Timestamp(milliseconds: self.integer(RecordCodec.Offset.arrival, as: Int64.self))
    }

    private func integer<I: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as: I.Type) -> I {
        I(bigEndian: self.bytes.loadUnaligned(fromByteOffset: offset, as: I.self))
    }

    private func bytes32(_ offset: Int) -> Bytes32 {
        guard let value = Bytes32(self.bytes[offset..<(offset + 32)]) else {
            preconditionFailure("32 bytes of a header make a Bytes32")
        }
        return value
    }
}

/// The bytes of a fact: two lengths of 16 bits, owner, kind, then the body.
enum FactCodec {
    static func count(_ fact: LocalFact) -> Int {
        4 + fact.owner.rawValue.utf8.count + fact.kind.utf8.count + fact.body.count
    }

    static func encode(_ fact: LocalFact) -> [UInt8] {
        let owner = Array(fact.owner.rawValue.utf8)
        let kind = Array(fact.kind.utf8)
        precondition(owner.count <= 0xFFFF && kind.count <= 0xFFFF, "names of facts are short")
        return [
            UInt8(owner.count >> 8), UInt8(owner.count & 0xFF),
            UInt8(kind.count >> 8), UInt8(kind.count & 0xFF),
        ] + owner + kind + fact.body
    }

    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        recordedAt: Timestamp,
        key: RequestKey?
    ) -> LocalFact? {
        guard bytes.count >= 4 else { return nil }
        let ownerEnd = 4 + (Int(bytes[0]) << 8) + Int(bytes[1])
        let kindEnd = ownerEnd + (Int(bytes[2]) << 8) + Int(bytes[3])
        guard kindEnd <= bytes.count,
            let owner = String(validating: bytes[4..<ownerEnd], as: UTF8.self),
            let kind = String(validating: bytes[ownerEnd..<kindEnd], as: UTF8.self)
        else { return nil }
        return LocalFact(
            owner: SubsystemName(rawValue: owner),
            kind: kind,
            body: Array(bytes[kindEnd...]),
            recordedAt: recordedAt,
            key: key
        )
    }
}
