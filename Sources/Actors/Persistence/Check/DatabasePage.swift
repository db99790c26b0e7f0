/// One branch or leaf page of LMDB's file, checked before anything in it is followed.
///
/// A page is a header of 16 bytes, then the offsets of its nodes in key order, free room, and the
/// nodes, which fill the page's end without a gap.
struct DatabasePage {
    static let headerSize = 16
    static let branchFlag: UInt16 = 0x01
    static let leafFlag: UInt16 = 0x02
    static let overflowFlag: UInt16 = 0x04
    static let metaFlag: UInt16 = 0x08

    let isLeaf: Bool
    let count: Int
    private let bytes: UnsafeRawBufferPointer
    private let upper: Int

    init(_ bytes: UnsafeRawBufferPointer, number: UInt64) throws(DatabaseDamage) {
        let header = PageHeader(bytes)
        guard header.number == number else {
            throw DatabaseDamage("page \(number) says that it is page \(header.number)")
        }
        guard header.flags == Self.leafFlag || header.flags == Self.branchFlag else {
            throw DatabaseDamage("page \(number) is of kind \(header.flags)")
        }
        self.bytes = bytes
        self.isLeaf = header.flags == Self.leafFlag
        self.upper = Int(header.upper)
        let lower = Int(header.lower)
        guard lower > Self.headerSize, lower % 2 == 0, lower <= self.upper,
            self.upper <= bytes.count
        else {
            throw DatabaseDamage("page \(number) is filled from \(lower) to \(self.upper)")
        }
        self.count = (lower - Self.headerSize) / 2
        guard self.nodesFill() else {
            throw DatabaseDamage("the entries of page \(number) do not fit together")
        }
    }

    func node(_ index: Int) -> DatabaseNode { self.node(at: self.offset(index)) }

    private func offset(_ index: Int) -> Int {
        Int(self.bytes.loadUnaligned(fromByteOffset: Self.headerSize + 2 * index, as: UInt16.self))
    }

    private func node(at offset: Int) -> DatabaseNode {
        DatabaseNode(UnsafeRawBufferPointer(rebasing: self.bytes[offset...]), isLeaf: self.isLeaf)
    }

    /// Whether every offset leads to a node of its own, and the nodes reach to the page's end.
    private func nodesFill() -> Bool {
        // One bit for each even offset at which a node begins.
        var starts = [UInt64](repeating: 0, count: self.bytes.count / 128 + 1)
        for index in 0..<self.count {
            let offset = self.offset(index)
            guard offset >= self.upper, offset % 2 == 0,
                offset + DatabaseNode.headerSize <= self.bytes.count
            else { return false }
            let bit: UInt64 = 1 << UInt64(offset / 2 % 64)
            guard starts[offset / 128] & bit == 0 else { return false }
            starts[offset / 128] |= bit
        }
        var offset = self.upper
        var seen = 0
        while offset + DatabaseNode.headerSize <= self.bytes.count {
            guard starts[offset / 128] & (1 << UInt64(offset / 2 % 64)) != 0 else { return false }
            offset += self.node(at: offset).length
            seen += 1
        }
        return offset == self.bytes.count && seen == self.count
    }
}

/// The first 16 bytes of every page.
struct PageHeader {
    let number: UInt64
    let flags: UInt16
    let lower: UInt16
    let upper: UInt16

    init(_ bytes: UnsafeRawBufferPointer) {
        self.number = bytes.loadUnaligned(as: UInt64.self)
        self.flags = bytes.loadUnaligned(fromByteOffset: 10, as: UInt16.self)
        self.lower = bytes.loadUnaligned(fromByteOffset: 12, as: UInt16.self)
        self.upper = bytes.loadUnaligned(fromByteOffset: 14, as: UInt16.self)
    }

    /// Pages of a value that has pages of its own.
    var overflowPages: Int { Int(self.lower) | Int(self.upper) << 16 }
}

/// An entry of a page: a key with a value, a page of values or the page below.
struct DatabaseNode {
    static let headerSize = 8
    static let bigFlag: UInt16 = 0x01
    static let tableFlag: UInt16 = 0x02

    let flags: UInt16
    private let bytes: UnsafeRawBufferPointer
    private let isLeaf: Bool
    private let low: Int
    private let keySize: Int

    init(_ bytes: UnsafeRawBufferPointer, isLeaf: Bool) {
        self.bytes = bytes
        self.isLeaf = isLeaf
        self.low = Int(bytes.loadUnaligned(as: UInt32.self))
        self.flags = bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
        self.keySize = Int(bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    }

    var isBig: Bool { self.flags & Self.bigFlag != 0 }

    /// Bytes that the node takes in its page.
    var length: Int {
        let value = self.isLeaf ? (self.isBig ? 8 : self.low) : 0
        return (Self.headerSize + self.keySize + value + 1) & ~1
    }

    var key: UnsafeRawBufferPointer {
        let end = Self.headerSize + self.keySize
        return UnsafeRawBufferPointer(rebasing: self.bytes[Self.headerSize..<end])
    }

    /// Bytes of a leaf's value.
    var valueSize: Int { self.low }

    /// A leaf's value that lies in the page.
    var value: UnsafeRawBufferPointer {
        let start = Self.headerSize + self.keySize
        return UnsafeRawBufferPointer(rebasing: self.bytes[start..<(start + self.low)])
    }

    /// The first page of a value that has pages of its own.
    var valuePage: UInt64 {
        self.bytes.loadUnaligned(
            fromByteOffset: Self.headerSize + self.keySize,
            as: UInt64.self
        )
    }

    /// The page below a branch's entry.
    var child: UInt64 { UInt64(self.low) | UInt64(self.flags) << 32 }
}
