/// Which pieces of an artefact are there; all have 1 MiB but the last one.
public struct PieceMap: Sendable, Equatable {
    /// Bytes of the whole artefact.
    public let size: Int
    private var isThere: [Bool]

    /// A map of an artefact of which nothing is there.
    public init(size: Int) {
        self.size = size
        let pieces = (max(0, size) + Self.pieceBytes - 1) / Self.pieceBytes
        self.isThere = Array(repeating: false, count: pieces)
    }

    private static var pieceBytes: Int { StorageMarketLimits.chunkBytesMax }

    /// The numbers of all pieces.
    public var numbers: Range<Int> { self.isThere.indices }

    /// Whether a piece is there.
    public func contains(_ number: Int) -> Bool {
        self.numbers.contains(number) && self.isThere[number]
    }

    /// Whether all pieces are there.
    public var isComplete: Bool { self.isThere.allSatisfy { $0 } }

    /// Whether no piece is there.
    public var isEmpty: Bool { !self.isThere.contains(true) }

    /// Bytes of the pieces that are there.
    public var bytes: Int {
        self.numbers.reduce(0) { $0 + (self.isThere[$1] ? self.range(of: $1).count : 0) }
    }

    /// The place of a piece in the artefact.
    public func range(of number: Int) -> Range<Int> {
        let start = number * Self.pieceBytes
        return start..<min(start + Self.pieceBytes, max(start, self.size))
    }

    /// A piece is there now; numbers of no piece are ignored.
    public mutating func insert(_ number: Int) {
        if self.numbers.contains(number) { self.isThere[number] = true }
    }
}
