import Primitives

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Finds records in a database file whose structure is damaged, by their own first bytes and
/// checksums; nothing of the structure is used.
///
/// LMDB never writes over a page in use, so that the file also holds older copies of records and
/// leftovers of commits that failed. A copy is the same record. Of leftovers the digest of the log
/// tells which records belong together. A message cannot pass for a record, since a record's header
/// has zero bytes, which JSON text has not.
struct RecordSearch {
    /// Where a record lies.
    struct Place: Equatable {
        let offset: Int
        let count: Int
        let checksum: Bytes32
    }

    private let file: DatabaseFile
    /// Places of the records that claim a position; those with different content.
    private(set) var places: [UInt64: [Place]] = [:]
    /// What the log's own figures said, now or earlier.
    private(set) var tails: [LogTail] = []

    init(_ file: DatabaseFile) {
        self.file = file
        let magic = withUnsafeBytes(of: RecordCodec.magic.bigEndian) { Array($0) }
        self.search(for: magic) { (search, offset) in search.record(at: offset) }
        self.search(for: [UInt8(LogTail.key.count), 0] + LogTail.key) { (search, offset) in
            search.tail(at: offset)
        }
    }

    /// The bytes of a record.
    func bytes(_ place: Place) -> [UInt8] { self.bytes(place.offset, place.count) }

    /// The longest line of records from 1 on whose digest somebody noted: `known` or the log itself.
    func longest(known: LogTail?) -> (tail: LogTail, places: [Place])? {
        var ends: [UInt64: Set<Bytes32>] = [:]
        for tail in self.tails + (known.map { [$0] } ?? []) {
            ends[tail.sequence, default: []].insert(tail.digest)
        }
        var line: [[Place]] = []
        while let found = self.places[UInt64(line.count) + 1] { line.append(found) }
        let combinations = line.reduce(1) { product, found in
            min(product * found.count, CheckLimits.combinationsMax)
        }
        var best: (tail: LogTail, places: [Place])? = nil
        if known?.sequence == 0 { best = (tail: LogTail(), places: []) }
        for choice in 0..<combinations {
            let chosen = Self.choose(choice, of: line)
            guard let tail = Self.lastKnown(chosen, ends), tail.sequence > best?.tail.sequence ?? 0
            else { continue }
            best = (tail: tail, places: Array(chosen.prefix(Int(tail.sequence))))
        }
        return best
    }

    /// The first position of which no record is left.
    var firstMissing: UInt64 {
        var sequence: UInt64 = 1
        while self.places[sequence] != nil { sequence += 1 }
        return sequence
    }

    private static func choose(_ choice: Int, of line: [[Place]]) -> [Place] {
        var rest = choice
        return line.map { found in
            guard found.count > 1 else { return found[0] }
            defer { rest /= found.count }
            return found[rest % found.count]
        }
    }

    /// The last position at which the digest is one of those noted.
    private static func lastKnown(_ line: [Place], _ ends: [UInt64: Set<Bytes32>]) -> LogTail? {
        var tail = LogTail()
        var last: LogTail?
        for place in line {
            tail.sequence += 1
            tail.digest = LogDigest.adding(place.checksum, to: tail.digest)
            if ends[tail.sequence]?.contains(tail.digest) == true { last = tail }
        }
        return last
    }

    // MARK: - Searching

    private func bytes(_ offset: Int, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            self.file.salvage(UnsafeMutableRawBufferPointer(buffer), at: offset)
            filled = count
        }
    }

    /// Calls `found` at each place of a pattern; it returns how far to go on from there.
    private mutating func search(
        for pattern: [UInt8],
        _ found: (inout RecordSearch, Int) -> Int
    ) {
        var offset = 0
        while offset + pattern.count <= self.file.length {
            let count = min(CheckLimits.searchWindow, self.file.length - offset)
            let window = self.bytes(offset, count)
            var place = 0
            while let hit = Self.first(pattern, in: window, from: place) {
                place = hit + max(1, found(&self, offset + hit))
            }
            // The pattern may lie across two windows.
            offset += max(place, count - pattern.count + 1)
        }
    }

    private static func first(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { bytes in
            var place = start
            while place + pattern.count <= bytes.count, let base = bytes.baseAddress {
                let rest = bytes.count - place
                guard let hit = memchr(base + place, Int32(pattern[0]), rest) else { return nil }
                let offset = base.distance(to: UnsafeRawPointer(hit))
                guard offset + pattern.count <= bytes.count else { return nil }
                if memcmp(base + offset, pattern, pattern.count) == 0 { return offset }
                place = offset + 1
            }
            return nil
        }
    }

    /// Notes the record that begins here, if one does; returns its bytes, else 0.
    private mutating func record(at offset: Int) -> Int {
        let overhead = RecordCodec.headerSize + RecordCodec.checksumSize
        guard offset + overhead <= self.file.length else { return 0 }
        let (sequence, bodyCount) = self.bytes(offset, RecordCodec.headerSize)
            .withUnsafeBytes { header in
                (
                    UInt64(
                        bigEndian: header.loadUnaligned(
                            fromByteOffset: RecordCodec.Offset.sequence,
                            as: UInt64.self
                        )
                    ),
                    UInt32(
                        bigEndian: header.loadUnaligned(
                            fromByteOffset: RecordCodec.Offset.bodyCount,
                            as: UInt32.self
                        )
                    )
                )
            }
        let count = overhead + Int(bodyCount)
        guard count <= CheckLimits.recordBytesMax, offset + count <= self.file.length else {
            return 0
        }
        let checksum = self.bytes(offset, count).withUnsafeBytes { bytes in
            try? RecordReader(bytes, sequence: sequence).checksum
        }
        guard let checksum else { return 0 }
        let known = self.places[sequence] ?? []
        if !known.contains(where: { $0.checksum == checksum }) {
            let place = Place(offset: offset, count: count, checksum: checksum)
            self.places[sequence] = known + [place]
        }
        return count
    }

    /// Notes the figures that follow here, if they do.
    private mutating func tail(at offset: Int) -> Int {
        let start = offset + 2 + LogTail.key.count
        guard start + LogTail.size <= self.file.length else { return 0 }
        if let tail = self.bytes(start, LogTail.size).withUnsafeBytes({ LogTail($0) }) {
            self.tails.append(tail)
        }
        return 0
    }
}
