import Primitives

/// Artefacts of which only pieces are on disk: `partial/<hash>`, and beside it `partial/<hash>.pieces`
/// with the size and the numbers of the pieces, a line each, in brackets: what a full disk cut off is no
/// number.
///
/// A piece is written before its number, so that a process that ends between the two loses a piece and
/// claims none. What a power cut does to both is found when the whole hash is checked. Used on one
/// queue only.
struct BlobPartials: Sendable {
    private static let recordSuffix = ".pieces"

    private let folder: String

    /// Opens or creates the folder.
    init(_ folder: String) throws(BlobError) {
        self.folder = folder
        try BlobFiles.makeDirectory(folder)
    }

    /// Where the bytes of a partial artefact are.
    func path(of hash: ContentHash) -> String { "\(self.folder)/\(hash.hex)" }

    private func record(of hash: ContentHash) -> String { self.path(of: hash) + Self.recordSuffix }

    /// What is there; what makes no sense is removed.
    func inventory() throws(BlobError) -> [ContentHash: PieceMap] {
        var maps: [ContentHash: PieceMap] = [:]
        for name in try BlobFiles.names(in: self.folder) {
            let stem = name.hasSuffix(Self.recordSuffix) ? name.dropLast(7) : name[...]
            if let hash = ContentHash(hex: String(stem)), let map = self.map(of: hash) {
                maps[hash] = map
            } else {
                BlobFiles.remove("\(self.folder)/\(name)")
            }
        }
        return maps
    }

    /// Which pieces are there; nil when that cannot be told.
    private func map(of hash: ContentHash) -> PieceMap? {
        let path = self.record(of: hash)
        guard BlobFiles.size(self.path(of: hash)) != nil, let length = BlobFiles.size(path),
            length <= StorageMarketLimits.pieceRecordBytesMax,
            let bytes = try? BlobFiles.read(path, offset: 0, count: length)
        else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let size = lines.first.flatMap(Self.number),
            (1...StorageMarketLimits.artefactBytesMax).contains(size)
        else { return nil }
        var map = PieceMap(size: size)
        for number in lines.dropFirst().compactMap(Self.number) { map.insert(number) }
        return map
    }

    private static func number(_ line: Substring) -> Int? {
        line.hasPrefix("<") && line.hasSuffix(">") ? Int(line.dropFirst().dropLast()) : nil
    }

    /// Writes a piece, and then that it is there.
    func write(_ bytes: [UInt8], number: Int, of hash: ContentHash, size: Int) throws(BlobError) {
        let place = PieceMap(size: size).range(of: number)
        let isAnew = self.map(of: hash)?.size != size
        if isAnew { self.remove(hash) }
        try BlobFiles.write(bytes, to: self.path(of: hash), at: place.lowerBound)
        // A line begins with its break, so that it does not belong to one that was cut off.
        let record = (isAnew ? "<\(size)>" : "") + "\n<\(number)>"
        try BlobFiles.append(Array(record.utf8), to: self.record(of: hash))
    }

    /// Forgets the record of an artefact whose bytes were moved elsewhere.
    func moved(_ hash: ContentHash) { BlobFiles.remove(self.record(of: hash)) }

    /// Removes bytes and record.
    func remove(_ hash: ContentHash) {
        // In this order, bytes without a record are never taken for pieces.
        BlobFiles.remove(self.record(of: hash))
        BlobFiles.remove(self.path(of: hash))
    }
}
