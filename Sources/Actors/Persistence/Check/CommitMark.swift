import Primitives

/// A second record of the last commit: whose log it is and where it ended.
///
/// LMDB has no checksum over its two meta pages: a flipped bit there shows an older commit as the
/// newest, and nothing in the file contradicts it. This does, in a file beside the log.
struct CommitMark: Equatable {
    private static let magic: [UInt8] = Array("VLM1".utf8)
    private static let contentSize = 97
    static let size = contentSize + RecordCodec.checksumSize

    var generation: UInt64
    var owner: LogOwner
    var tail: LogTail

    init(generation: UInt64, owner: LogOwner, tail: LogTail) {
        self.generation = generation
        self.owner = owner
        self.tail = tail
    }

    /// Reads a mark; nil unless its checksum holds.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.size, bytes.prefix(4).elementsEqual(Self.magic) else {
            return nil
        }
        let content = UnsafeRawBufferPointer(rebasing: bytes[..<Self.contentSize])
        let sum = SHA256Digest.hash(content).array.prefix(RecordCodec.checksumSize)
        guard sum.elementsEqual(bytes[Self.contentSize..<Self.size]),
            let owner = LogOwner(UnsafeRawBufferPointer(rebasing: bytes[12..<48])),
            let tail = LogTail(UnsafeRawBufferPointer(rebasing: bytes[48..<Self.contentSize]))
        else { return nil }
        self.generation = UInt64(
            bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self)
        )
        self.owner = owner
        self.tail = tail
    }

    var bytes: [UInt8] {
        var result = Self.magic + SequenceKey.bytes(self.generation)
        result.append(contentsOf: self.owner.bytes)
        result.append(contentsOf: self.tail.bytes)
        result.append(
            contentsOf: SHA256Digest.hash(result).array.prefix(RecordCodec.checksumSize)
        )
        return result
    }
}
