import Foundation
import Primitives
import Testing

/// The public suites of vectors, which are not part of the repository.
///
/// `make external-vectors` fetches them. The repository has vectors of its own for the same classes
/// of cases (`Tests/Vectors/primitives`), so that a test of a suite that is not here is left out.
enum ExternalFiles {
    struct Missing: Error, CustomStringConvertible {
        let path: String
        var description: String { "\(self.path) is missing; run `make external-vectors`" }
    }

    /// The folder that `VALENCE_EXTERNAL` names, else what was fetched, else one beside the checkout.
    private static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["VALENCE_EXTERNAL"], !named.isEmpty {
            return URL(fileURLWithPath: named, isDirectory: true)
        }
        let fetched = Repository.root.appendingPathComponent(".build-external", isDirectory: true)
        guard !Self.isFolder(fetched) else { return fetched }
        let beside = Repository.root.appendingPathComponent("../shared/external", isDirectory: true)
        return beside.standardized
    }()

    private static func isFolder(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
        return exists && isFolder.boolValue
    }

    /// Whether a suite is here, by the name of its folder.
    static func hold(_ suite: String) -> Bool {
        self.isFolder(self.folder.appendingPathComponent(suite, isDirectory: true))
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

extension Trait where Self == ConditionTrait {
    /// Leaves a test out, and says so by its name, where a public suite is not here.
    ///
    /// A test that is left out counts as not run; it must never count as passed.
    static func publicSuite(_ name: String) -> Self {
        .enabled(
            if: ExternalFiles.hold(name),
            "not here: the public suite \(name); `make external-vectors` fetches it"
        )
    }
}

extension RawJSON {
    /// The bytes that a member spells in hex; nil when it is absent or no hex.
    func hex(_ key: String) -> [UInt8]? { self[key]?.string.flatMap { Hex.decode($0) } }
}
