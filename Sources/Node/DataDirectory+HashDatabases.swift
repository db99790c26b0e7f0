public import Messages
import Primitives

// The lists of artefacts that are known to be bad, in the folder `hash-databases` (R-06-123).
extension DataDirectory {
    private var hashDatabasesPath: String { "\(self.path)/hash-databases" }

    /// Reads every list that the operator put there.
    ///
    /// A line holds one SHA-256 in hexadecimal digits, with `#` before remarks. The name of the file is the
    /// name of the database.
    ///
    /// - Throws: the cause, with file and line; a list that is only half understood would let bad content
    ///   through in silence.
    public func loadHashDatabases() throws(NodeError) -> HashDatabases {
        guard Files.exists(self.hashDatabasesPath) else { return .none }
        var lists: [String: [ContentHash]] = [:]
        var room = DirectoryLimits.hashDatabaseBytesMax
        for name in try Files.names(in: self.hashDatabasesPath) {
            let path = "\(self.hashDatabasesPath)/\(name)"
            guard Self.isDatabaseName(name) else {
                let allowed = "lower-case letters, digits and - _ . with"
                throw .file(
                    path: path,
                    cause: "the name of a database has \(allowed) no more than "
                        + "\(DirectoryLimits.hashDatabaseNameBytesMax) bytes; rename the file"
                )
            }
            let bytes = try Files.read(path, upTo: room)
            room -= bytes.count
            lists[name] = try Self.hashes(in: bytes, of: path)
        }
        return HashDatabases(lists)
    }

    /// Flags name databases in lower case and put a colon behind the name (D-77).
    private static func isDatabaseName(_ name: String) -> Bool {
        (1...DirectoryLimits.hashDatabaseNameBytesMax).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { scalar in
                ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
                    || "-_.".unicodeScalars.contains(scalar)
            }
    }

    private static func hashes(in bytes: [UInt8], of path: String) throws(NodeError)
        -> [ContentHash]
    {
        var hashes: [ContentHash] = []
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let text = String(decoding: line.prefix { $0 != 0x23 }, as: UTF8.self)
            let word = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let first = word.first else { continue }
            guard word.count == 1, let hash = ContentHash(hex: first.lowercased()) else {
                throw .file(
                    path: path,
                    cause: "line \(index + 1) is no SHA-256 of 64 hexadecimal digits"
                )
            }
            hashes.append(hash)
        }
        return hashes
    }
}
