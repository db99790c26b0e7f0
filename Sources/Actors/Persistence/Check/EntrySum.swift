import Primitives

/// A sum over index entries that does not depend on their order: two sums are equal when the entries
/// are.
///
/// It finds faults of disks, not forgers: who can write the file can write a sound one.
struct EntrySum: Equatable {
    private var count: UInt64 = 0
    private var sum: UInt64 = 0

    /// Adds an entry of the index by identifier; the identifier lies at `offset`.
    mutating func add(identifier bytes: UnsafeRawBufferPointer, at offset: Int, sequence: UInt64) {
        self.add(Self.mixed(bytes, at: offset, Self.mix(Self.seed, sequence)))
    }

    /// Adds an entry of the index by type and time; `time` as its key holds it.
    mutating func add(
        type: UInt16,
        time: UInt64,
        identifier bytes: UnsafeRawBufferPointer,
        at offset: Int,
        sequence: UInt64
    ) {
        let start = Self.mix(Self.mix(Self.mix(Self.seed, sequence), UInt64(type)), time)
        self.add(Self.mixed(bytes, at: offset, start))
    }

    private mutating func add(_ value: UInt64) {
        self.count += 1
        self.sum &+= value
    }

    private static func mixed(
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int,
        _ start: UInt64
    ) -> UInt64 {
        var value = start
        for word in 0..<4 {
            value = Self.mix(
                value,
                bytes.loadUnaligned(fromByteOffset: offset + 8 * word, as: UInt64.self)
            )
        }
        return value
    }

    private static let seed: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// Spreads every bit of `word` over the whole value.
    private static func mix(_ value: UInt64, _ word: UInt64) -> UInt64 {
        var mixed = (value ^ word) &* 0xBF58_476D_1CE4_E5B9
        mixed ^= mixed >> 32
        mixed &*= 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 29
    }
}

/// What the records say of the indexes and of the log's figures.
struct RecordFigures {
    private(set) var last: UInt64 = 0
    private(set) var lastArrival: Timestamp?
    private(set) var identifiers = EntrySum()
    private(set) var times = EntrySum()

    /// Takes the header of the next record.
    mutating func add(_ header: UnsafeRawBufferPointer, at sequence: UInt64) {
        typealias Offset = RecordCodec.Offset
        self.last = sequence
        self.lastArrival = Timestamp(
            milliseconds: Int64(
                bigEndian: header.loadUnaligned(fromByteOffset: Offset.arrival, as: Int64.self)
            )
        )
        guard header[Offset.kind] == RecordCodec.messageKind else { return }
        self.identifiers.add(identifier: header, at: Offset.id, sequence: sequence)
        let time = UInt64(
            bigEndian: header.loadUnaligned(fromByteOffset: Offset.timestamp, as: UInt64.self)
        )
        self.times.add(
            type: UInt16(
                bigEndian: header.loadUnaligned(fromByteOffset: Offset.type, as: UInt16.self)
            ),
            time: time ^ IndexKey.signBit,
            identifier: header,
            at: Offset.id,
            sequence: sequence
        )
    }
}
