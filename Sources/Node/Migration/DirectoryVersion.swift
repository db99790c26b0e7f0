import Primitives

/// Which version a data directory has, as `version.json` in it says.
///
/// Members of these names stay in every version, so that an old program can say what it needs.
struct DirectoryVersion: Equatable, Sendable {
    /// Raised whenever an older program could misread the directory.
    let number: Int
    /// The first software that reads it.
    let needs: String
    /// The software that made it.
    let writtenBy: String

    /// The file that holds it.
    static let fileName = "version.json"

    /// Before there was such a file.
    static let first = DirectoryVersion(number: 1, needs: "0.1.0", writtenBy: "0.1.0")

    /// The one that steps lead to.
    static func last(of migrations: [Migration]) -> DirectoryVersion {
        guard let last = migrations.last else { return .first }
        return DirectoryVersion(number: last.to, needs: last.needs, writtenBy: NodeVersion.text)
    }

    /// What a file says.
    ///
    /// - Throws: ``NodeError/file(path:cause:)`` for one that says nothing, as it may be a newer one.
    static func read(_ path: String) throws(NodeError) -> DirectoryVersion {
        let bytes = try Files.read(path, upTo: DirectoryLimits.smallFileBytesMax)
        guard let root = try? JSONDocument(scanning: bytes).root.value,
            let number = root["version"]?.integer, number > 0, let needs = root["needs"]?.string,
            let writtenBy = root["written_by"]?.string
        else {
            let cause =
                "it does not say which version the directory has; put the file back from a copy of the "
                + "directory, or start with the key of a backup in another folder"
            throw .file(path: path, cause: cause)
        }
        return DirectoryVersion(number: Int(clamping: number), needs: needs, writtenBy: writtenBy)
    }

    /// What it is written as.
    var json: JSONValue {
        .object([
            ("version", .integer(Int64(self.number))), ("needs", .string(self.needs)),
            ("written_by", .string(self.writtenBy)),
        ])
    }

    func write(to path: String) throws(NodeError) {
        try Files.write(self.json.canonicalBytes() + [0x0a], to: path, mode: 0o644)
    }
}
