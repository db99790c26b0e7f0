import Cryptography
import Persistence

/// Looks at what an upgrade made before it is used (ADR 0080): the log opens, every record of it holds, and it ends
/// where the old one ended.
struct UpgradeCheck {
    private let directory: DataDirectory
    private let upgraded: String
    private let names: [String]

    /// - Parameters:
    ///   - directory: what is in use.
    ///   - upgraded: a folder with what was rewritten.
    ///   - names: what that is.
    init(_ directory: DataDirectory, upgraded: String, names: [String]) {
        self.directory = directory
        self.upgraded = upgraded
        self.names = names
    }

    /// - Throws: ``NodeError/upgradeFailed(path:cause:)`` that says what is wrong.
    func run() throws(NodeError) {
        let parts = ["log", "log.format"].filter { self.names.contains($0) }
        if parts.count == 1 {
            throw self.failure("a log belongs to its mark, and only \(parts[0]) is new")
        }
        if parts.count == 2 { try self.checkLog() }
        if self.names.contains("node.key") { try self.checkKey() }
    }

    private func checkLog() throws(NodeError) {
        let (before, after): (LogSummary?, LogSummary?)
        do {
            before = try LogSummary(dataDirectory: self.directory.path)
            after = try LogSummary(readingAllOf: self.upgraded)
        } catch {
            throw self.failure("\(error)")
        }
        guard before == after else {
            throw self.failure(
                "its log is \(Self.text(before)), and the new one \(Self.text(after))"
            )
        }
    }

    private static func text(_ summary: LogSummary?) -> String { summary.map { "\($0)" } ?? "none" }

    private func checkKey() throws(NodeError) {
        let new = DataDirectory(path: self.upgraded, passphrase: self.directory.passphrase)
        guard try new.loadKey().publicKey == self.directory.loadKey().publicKey else {
            throw self.failure("the key is another one")
        }
    }

    private func failure(_ cause: String) -> NodeError {
        .upgradeFailed(path: self.directory.path, cause: cause)
    }
}
