public import Primitives

/// Databases of artefacts that are known to be bad, each a list of SHA-256 hashes, as this node's operator
/// chose them (R-06-123).
public struct HashDatabases: Sendable, Equatable {
    /// Sorted, by the name of the database.
    private let lists: [(name: String, hashes: [ContentHash])]

    /// No database.
    public static let none = HashDatabases([:])

    /// Takes lists, by the names that the `hash_match` of a flag begins with.
    public init(_ lists: [String: [ContentHash]]) {
        self.lists = lists.map { (name: $0.key, hashes: $0.value.sorted()) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Whether there is nothing to look into.
    public var isEmpty: Bool { self.lists.isEmpty }

    /// The names of the databases, in their order as bytes.
    public var names: [String] { self.lists.map(\.name) }

    /// Whether a database is there, and lists an artefact.
    public func isListed(_ content: ContentHash, in name: String) -> Bool {
        self.lists.contains { $0.name == name && Self.contains(content, $0.hashes) }
    }

    /// The first database that lists an artefact; nil when none does.
    public func database(listing content: ContentHash) -> String? {
        self.lists.first { Self.contains(content, $0.hashes) }?.name
    }

    /// The hash of all lists with their names.
    public var digest: Bytes32 {
        let parts = self.lists.flatMap { list in
            Array("\(list.name) \(list.hashes.count)\n".utf8) + list.hashes.flatMap(\.array)
        }
        return SHA256Digest.hash(parts)
    }

    private static func contains(_ content: ContentHash, _ sorted: [ContentHash]) -> Bool {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = low + (high - low) / 2
            if sorted[middle] < content { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low] == content
    }

    /// Whether both list the same.
    public static func == (one: Self, other: Self) -> Bool {
        one.lists.elementsEqual(other.lists) { $0.name == $1.name && $0.hashes == $1.hashes }
    }
}

extension Flag {
    /// The database that the flag claims a match of: what stands before the first colon, in lower case
    /// (D-77).
    public var claimedDatabase: String? {
        self.hashMatch.map { match in
            String(match.prefix { $0 != ":" }).lowercased()
        }
    }
}
