import Foundation
import Synchronization

/// The passphrase that unlocks the node's key: the first line of a file, or what somebody types.
struct Passphrase: Sendable {
    /// What systemd calls it (`LoadCredential=`).
    static let credential = "valence-passphrase"
    /// Asked once, however often it is needed.
    private static let typed = Mutex<[UInt8]?>(nil)

    private let path: String?

    /// One of a file that was named, and of nothing in the environment; nil for what is typed.
    init(named path: String?) { self.path = path.map(CommonOptions.absolute) }

    /// - Parameter path: a file that was named; nil for those of the environment.
    init(path: String?) { self.path = path ?? Self.path(in: ProcessInfo.processInfo.environment) }

    private static func path(in environment: [String: String]) -> String? {
        if let file = environment["VALENCE_PASSPHRASE_FILE"], !file.isEmpty { return file }
        guard let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty else { return nil }
        let file = "\(folder)/\(Self.credential)"
        return FileManager.default.fileExists(atPath: file) ? file : nil
    }

    /// That of a key that is locked already; nil when there is neither a file nor a terminal.
    func known() -> [UInt8]? {
        if let path { return Self.firstLine(of: path) }
        return Self.typed.withLock { typed in
            typed = typed ?? Terminal.secret("Passphrase of the node's key: ")
            return typed
        }
    }

    /// That of something else than the key, which is locked already; asked at each call.
    ///
    /// - Throws: ``CommandFailure`` that says why there is none.
    func known(of what: String, option: String) throws -> [UInt8] {
        if let path { return try Self.required(path) }
        guard let typed = Terminal.secret("Passphrase of \(what): ") else {
            throw Self.noTerminal(option)
        }
        return typed
    }

    /// One for a key, or something else, that is to be locked; typed twice.
    ///
    /// - Throws: ``CommandFailure`` that says why there is none.
    func new(
        of what: String = "the node's key",
        option: String = "--passphrase-file"
    ) throws -> [UInt8] {
        if let path { return try Self.required(path) }
        guard let first = Terminal.secret("New passphrase of \(what): ") else {
            throw Self.noTerminal(option)
        }
        guard !first.isEmpty, Terminal.secret("Once more: ") == first else {
            throw CommandFailure(
                .refused,
                "the two passphrases differ, or are empty; nothing changed"
            )
        }
        return first
    }

    private static func noTerminal(_ option: String) -> CommandFailure {
        CommandFailure(
            .failed,
            "there is no terminal to type a passphrase; name a file that holds it with \(option)"
        )
    }

    private static func required(_ path: String) throws -> [UInt8] {
        if let line = Self.firstLine(of: path) { return line }
        throw CommandFailure(.failed, "\(path) holds no passphrase in its first line")
    }

    private static func firstLine(of path: String) -> [UInt8]? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let line = data.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return line.isEmpty ? nil : Array(line)
    }
}
