import Foundation

/// Where the vectors are, and what is in them.
enum VectorFiles {
    /// The folder that `VALENCE_VECTORS` names, by default the committed one.
    static var directory: URL {
        ProcessInfo.processInfo.environment["VALENCE_VECTORS"].map {
            URL(fileURLWithPath: $0, isDirectory: true)
        } ?? self.committed
    }

    /// Whether the committed vectors are being run.
    static var isCommitted: Bool { self.directory.path == self.committed.path }

    /// `Tests/Vectors`.
    static let committed = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Vectors", isDirectory: true)

    /// All files of a folder, sorted by name.
    static func all(in directory: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    static func read(_ url: URL) throws -> RawJSON {
        try RawJSON([UInt8](try Data(contentsOf: url)))
    }

    /// Prints at once, so that lines survive a crash and are seen while slow cases run.
    static func report(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}

/// The name of a suite and its cases.
struct VectorFile {
    let suite: String
    private(set) var cases: [RawJSON]

    /// Reads a file; nil when it holds no cases with an input.
    init?(_ url: URL) throws {
        let json = try VectorFiles.read(url)
        guard let cases = json["cases"]?.elements, cases.contains(where: { $0["input"] != nil })
        else { return nil }
        self.suite = json["suite"]?.string ?? url.deletingPathExtension().lastPathComponent
        self.cases = cases
    }

    /// The file with one of its cases alone; nil when it does not hold it.
    func holding(_ name: String) -> VectorFile? {
        var file = self
        file.cases.removeAll { $0["id"]?.string != name }
        return file.cases.isEmpty ? nil : file
    }
}
