import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("The bytes of a record")
struct RecordCodecTests {
    private static func decode(
        _ bytes: [UInt8],
        sequence: UInt64 = 5
    ) throws(RecordDamage) -> LogEntry {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(RecordDamage) in
                try RecordReader(buffer, sequence: sequence).entry(acceptedVersions: [0])
            }
        }
        return try result.get()
    }

    private static let origins: [Origin] = [
        .local(RequestID(rawValue: 4)),
        .local(
            RequestID(rawValue: 4),
            key: RequestKey("k", of: "caller", askingFor: [1])
        ),
        .gossip(relay: LogFixture.peer, topic: .proposals, ticket: 3),
        .gossip(relay: LogFixture.peer, topic: .votes, ticket: 3),
        .gossip(relay: LogFixture.peer, topic: .peers, ticket: 3),
        .sync(peer: LogFixture.peer),
    ]

    @Test("a message comes back whole, without tickets and request numbers", arguments: origins)
    func message(origin: Origin) throws {
        let opening = Timestamp(milliseconds: 1_234_567)
        let admitted = AdmittedMessage(
            message: try LogFixture.message(1, at: 100),
            origin: origin,
            receivedAt: Timestamp(milliseconds: -5),
            sender: SenderStanding(
                identity: LogFixture.peer,
                keyCount: 3,
                isSuspended: true,
                votingOpensAt: opening
            ),
            reputation: FixedPoint(millionths: 999_999)
        )
        let entry = LogEntry.message(admitted)
        let back = try Self.decode(RecordCodec.encode(entry, sequence: 5))
        #expect(try LogStoreTests.summary(back) == LogStoreTests.summary(entry.replayed))
        guard case .message(let read) = back else {
            Issue.record("not a message")
            return
        }
        #expect(read.sender == admitted.sender)
        #expect(read.receivedAt == admitted.receivedAt)
    }

    @Test("a fact comes back whole", arguments: ["", "kind", String(repeating: "k", count: 700)])
    func fact(kind: String) throws {
        let fact = LogFixture.fact(kind)
        guard case .fact(let read) = try Self.decode(RecordCodec.encode(.fact(fact), sequence: 5))
        else {
            Issue.record("not a fact")
            return
        }
        #expect(read == fact)
    }

    @Test("ADR 0060: the key of a request comes back with what it led to")
    func keys() throws {
        let key = RequestKey("k", of: "caller", askingFor: [1])
        let fact = LocalFact(
            owner: .storageMarket,
            kind: "kind",
            body: [1],
            recordedAt: Timestamp(milliseconds: 5),
            key: key
        )
        let own = try LogFixture.admitted(1, origin: .local(RequestID(rawValue: 4), key: key))
        for entry in [LogEntry.fact(fact), .message(own)] {
            let log = MemoryLog()
            log.append([entry])
            let simulated = try log.records(after: 0, count: 1, bytesMax: 1_000_000).map(\.entry)
            let decoded = try Self.decode(RecordCodec.encode(entry, sequence: 5))
            for back in simulated + [decoded] {
                switch back {
                case .fact(let read): #expect(read == fact)
                case .message(let read): #expect(read.origin == .local(nil, key: key))
                }
            }
        }
    }

    @Test("no changed byte passes")
    func everyByte() throws {
        let record = RecordCodec.encode(.message(try LogFixture.admitted(1)), sequence: 5)
        for place in record.indices {
            var bytes = record
            bytes[place] ^= 0x10
            #expect(throws: RecordDamage.checksum) { try Self.decode(bytes) }
        }
    }

    @Test("cut, empty and misplaced records are refused")
    func shapes() throws {
        let record = RecordCodec.encode(.message(try LogFixture.admitted(1)), sequence: 5)
        #expect(throws: RecordDamage.tooShort(count: 0)) { try Self.decode([]) }
        #expect(throws: RecordDamage.tooShort(count: 207)) {
            try Self.decode(Array(record.prefix(207)))
        }
        #expect(throws: RecordDamage.checksum) { try Self.decode(Array(record.dropLast())) }
        #expect(throws: RecordDamage.sequence(found: 5)) { try Self.decode(record, sequence: 6) }
    }

    @Test("fields that this version does not write are refused although the checksum holds")
    func fields() throws {
        let record = RecordCodec.encode(.message(try LogFixture.admitted(1)), sequence: 5)
        for (offset, value) in [
            (RecordCodec.Offset.kind, 9), (RecordCodec.Offset.origin, 9),
            (RecordCodec.Offset.topic, 9), (RecordCodec.Offset.magic, 0),
            (RecordCodec.Offset.bodyCount + 3, 1), (RecordCodec.Offset.id, 1),
        ] {
            let changed = Self.resealed(record, offset, UInt8(value))
            #expect(throws: RecordDamage.self) { try Self.decode(changed) }
        }
    }

    @Test("a fact with lengths beyond its end is refused")
    func factLengths() {
        for bytes: [UInt8] in [
            [], [0, 0, 0], [0, 9, 0, 0, 65], [0, 0, 255, 255], [0, 1, 0, 0, 0xFF],
        ] {
            let fact = bytes.withUnsafeBytes {
                FactCodec.decode($0, recordedAt: Timestamp(milliseconds: 0), key: nil)
            }
            #expect(fact == nil)
        }
    }

    @Test("every message type has a code of its own")
    func typeCodes() {
        let codes = MessageType.allCases.map { TypeCode.of($0) }
        #expect(!codes.contains(TypeCode.unknown))
        #expect(!codes.contains(TypeCode.fact))
        #expect(Set(codes).count == codes.count)
        #expect(TypeCode.of(nil) == TypeCode.unknown)
    }

    @Test("codes never change: they are on disks")
    func pinnedCodes() {
        #expect(TypeCode.of(.vote) == 12)
        #expect(TypeCode.of(.share) == 23)
        #expect(TypeCode.of(.stateSnapshot) == 36)
    }

    @Test(
        "index keys sort as bytes like (type, timestamp, id)",
        arguments: [Int64.min, -1, 0, 1, 1_700_000_000_000, .max]
    )
    func indexKeys(time: Int64) {
        let id = MessageID(LogFixture.id("a"))
        let key = IndexKey(type: 3, timestamp: Timestamp(milliseconds: time), id: id)
        #expect(key.bytes.withUnsafeBytes { IndexKey($0) } == key)
        let next = IndexKey(
            type: 3,
            timestamp: Timestamp(milliseconds: time).adding(milliseconds: 1),
            id: id
        )
        #expect(time == .max || key.bytes.lexicographicallyPrecedes(next.bytes))
        #expect(IndexKey(UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }

    private static func resealed(_ record: [UInt8], _ offset: Int, _ value: UInt8) -> [UInt8] {
        var bytes = Array(record.dropLast(RecordCodec.checksumSize))
        bytes[offset] = value
        return bytes + SHA256Digest.hash(bytes).array.prefix(RecordCodec.checksumSize)
    }
}
