import Foundation

/// One source file of the repository.
struct SourceFile: Sendable, CustomStringConvertible {
    let path: String
    let lines: [String]

    /// The last part of the path.
    var name: String { String(self.path.split(separator: "/").last ?? "") }

    var description: String { self.path }
}

/// The sources, found from this file's own place.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The subsystems of a node; each has a folder of its name.
    static let subsystems = [
        "Chronicle", "Consensus", "Events", "Gossip", "Identity", "LocalAPI", "Peers",
        "Persistence",
        "Reputation", "StorageMarket", "Sync", "Verification",
    ]

    /// Hand-written Swift files below a folder, sorted by path.
    static func files(below folder: String) -> [SourceFile] {
        Self.texts(below: folder) { $0.hasSuffix(".swift") && !$0.hasSuffix(".pb.swift") }
    }

    /// The documents, sorted by path.
    static var documents: [SourceFile] {
        Self.texts(below: "docs") { $0.hasSuffix(".md") }
    }

    private static func texts(below folder: String, _ isWanted: (String) -> Bool) -> [SourceFile] {
        let base = Self.root.appendingPathComponent(folder)
        let paths = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
        return (paths ?? [])
            .filter(isWanted)
            .sorted()
            .compactMap { path in
                let url = base.appendingPathComponent(path)
                guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
                return SourceFile(
                    path: "\(folder)/\(path)",
                    lines: text.components(separatedBy: "\n")
                )
            }
    }

    /// Code lines of a file: no comments, no blank lines.
    static func code(of file: SourceFile) -> [String] {
        file.lines.map { line in
            line.range(of: "//").map { String(line[..<$0.lowerBound]) } ?? line
        }
    }
}
