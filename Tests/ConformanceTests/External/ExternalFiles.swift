import Foundation
import Primitives

/// The folder of public vectors beside the checkout; it is read in place.
enum ExternalFiles {
    struct Missing: Error, CustomStringConvertible {
        let path: String
        var description: String {
            "\(self.path) is missing: put the public vectors into ../shared/external beside the "
                + "checkout, or name their folder in VALENCE_EXTERNAL"
        }
    }

    private static var folder: URL {
        let environment = ProcessInfo.processInfo.environment
        let named = environment["VALENCE_EXTERNAL"] ?? environment["VALENCE_EXTERNAL_VECTORS"]
        if let named { return URL(fileURLWithPath: named, isDirectory: true) }
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appendingPathComponent("../shared/external", isDirectory: true).standardized
    }

    /// The bytes of a file.
    ///
    /// - Throws: ``Missing``.
    static func bytes(_ path: String) throws -> [UInt8] {
        let url = self.folder.appendingPathComponent(path)
        guard let data = FileManager.default.contents(atPath: url.path) else {
            throw Missing(path: url.path)
        }
        return [UInt8](data)
    }

    static func json(_ path: String) throws -> RawJSON { try RawJSON(try self.bytes(path)) }

    /// Names of the files of a folder, sorted.
    static func names(in path: String) throws -> [String] {
        let url = self.folder.appendingPathComponent(path, isDirectory: true)
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else {
            throw Missing(path: url.path)
        }
        return names.sorted()
    }
}

extension RawJSON {
    /// The bytes that a member spells in hex; nil when it is absent or no hex.
    func hex(_ key: String) -> [UInt8]? { self[key]?.string.flatMap { Hex.decode($0) } }
}
