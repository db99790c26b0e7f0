import Foundation
import Glibc
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

    /// One for a key that is to be locked; typed twice.
    ///
    /// - Throws: ``CommandFailure`` that says why there is none.
    func new() throws -> [UInt8] {
        if let path {
            if let line = Self.firstLine(of: path) { return line }
            throw CommandFailure(.failed, "\(path) holds no passphrase in its first line")
        }
        guard let first = Terminal.secret("New passphrase of the node's key: ") else {
            throw CommandFailure(
                .failed,
                "there is no terminal to type a passphrase; name a file that holds it with "
                    + "--passphrase-file"
            )
        }
        guard !first.isEmpty, Terminal.secret("Once more: ") == first else {
            throw CommandFailure(
                .refused,
                "the two passphrases differ, or are empty; nothing changed"
            )
        }
        return first
    }

    private static func firstLine(of path: String) -> [UInt8]? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let line = data.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return line.isEmpty ? nil : Array(line)
    }
}

/// The terminal of whoever started this.
private enum Terminal {
    /// Asks for a line that is not shown; nil without a terminal.
    static func secret(_ question: String) -> [UInt8]? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var usual = termios()
        guard tcgetattr(terminal, &usual) == 0 else { return nil }
        var silent = usual
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else { return nil }
        defer {
            tcsetattr(terminal, TCSAFLUSH, &usual)
            write(terminal, "\n", 1)
        }
        write(terminal, question, question.utf8.count)
        return Self.line(from: terminal)
    }

    private static func line(from terminal: Int32) -> [UInt8]? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(terminal, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") { return line }
            line.append(byte)
        }
        return nil
    }
}
