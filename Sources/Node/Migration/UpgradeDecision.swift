import Primitives

/// From when on there is no way back in an upgrade, and what is to be done then (ADR 0080).
///
/// It is a ``DirectoryVersion`` with more members, so that an older program sees what it needs.
struct UpgradeDecision: Equatable {
    /// A file or folder at the top of the directory.
    struct Entry: Equatable {
        let name: String
        /// It was there before.
        let isOld: Bool
        /// It is there afterwards.
        let isNew: Bool
    }

    let to: DirectoryVersion
    let from: Int
    let entries: [Entry]

    init(to: DirectoryVersion, from: Int, entries: [Entry]) {
        self.to = to
        self.from = from
        self.entries = entries
    }

    init(path: String) throws(NodeError) {
        self.to = try DirectoryVersion.read(path)
        let bytes = try Files.read(path, upTo: DirectoryLimits.smallFileBytesMax)
        guard let root = try? JSONDocument(scanning: bytes).root.value,
            let from = root["from"]?.integer, let list = root["entries"]?.elements
        else {
            throw .file(path: path, cause: "it is damaged; put the directory back from a copy")
        }
        self.from = Int(clamping: from)
        self.entries = list.compactMap { entry in
            guard let name = entry["name"]?.string, let isOld = entry["old"]?.bool,
                let isNew = entry["new"]?.bool
            else { return nil }
            return Entry(name: name, isOld: isOld, isNew: isNew)
        }
    }

    var bytes: [UInt8] {
        let entries = self.entries.map { entry in
            JSONValue.object([
                ("name", .string(entry.name)), ("old", .bool(entry.isOld)),
                ("new", .bool(entry.isNew)),
            ])
        }
        let json = JSONValue.object([
            ("version", .integer(Int64(self.to.number))), ("needs", .string(self.to.needs)),
            ("written_by", .string(self.to.writtenBy)), ("from", .integer(Int64(self.from))),
            ("entries", .array(entries)),
        ])
        return json.canonicalBytes() + [0x0a]
    }
}
