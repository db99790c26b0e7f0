import Doors
import Foundation
import Messages
import Primitives

/// Exit codes of the command line; ``ValenceNode`` prints them with `--help`.
enum ExitStatus: Int32 {
    case failed = 1
    case usage = 2
    case notRunning = 3
    /// A rule or a limit forbids it, or nobody knows what is named.
    case refused = 4
    case timedOut = 5
    case interrupted = 130

    /// The cause for programs, where nothing more exact is known.
    var name: String {
        switch self {
        case .failed: "failed"
        case .usage: "usage"
        case .notRunning: "not_running"
        case .refused: "refused"
        case .timedOut: "timeout"
        case .interrupted: "interrupted"
        }
    }

    /// What to do, where the detail does not say it.
    var advice: String {
        switch self {
        case .failed: "put right what `detail` names, then try again"
        case .usage: "see the command with --help"
        case .notRunning: "start the node with `valence-node run`"
        case .refused: "change what `detail` names; the same again is refused again"
        case .timedOut: "see `valence-node status`, then try again"
        case .interrupted: "run the command again"
        }
    }
}

/// A command that did not succeed, with what the user should know and do.
struct CommandFailure: Error {
    let code: ExitStatus
    let detail: String
    /// The node's own code for the cause; nil when the command itself failed.
    private let cause: String?
    /// From when on the same may succeed, in Unix milliseconds; nil when that is not known.
    private let retryAt: Int64?
    /// The message that was signed and refused; nil when it did not come to that.
    private let message: String?
    /// The conditions under which the node serves; nil when it is not about the node as a whole.
    let checks: JSONValue?

    init(
        _ code: ExitStatus,
        _ detail: String,
        cause: String? = nil,
        retryAt: Int64? = nil,
        message: String? = nil,
        checks: JSONValue? = nil
    ) {
        self.code = code
        self.detail = detail
        self.cause = cause
        self.retryAt = retryAt
        self.message = message
        self.checks = checks
    }

    /// One line for people, and where they learn more.
    var text: String {
        let line = self.cause.map { "\(self.detail) (\($0))" } ?? self.detail
        return self.message.map { "\(line)\nMore: valence-node explain \($0)" } ?? line
    }

    /// One object for programs.
    var json: JSONValue {
        .object(
            [
                ("code", .string(self.cause ?? self.code.name)), ("detail", .string(self.detail)),
                ("next", .string(self.next)),
            ] + (self.retryAt.map { [("retry_at", .integer($0))] } ?? [])
                + (self.message.map { [("message_id", .string($0))] } ?? [])
                + (self.checks.map { [("checks", $0)] } ?? [])
        )
    }

    private var next: String { Problem.next(in: self.detail) ?? self.code.advice }
}

/// Data goes to standard output, talk to standard error.
enum Console {
    /// One JSON object on one line.
    static func json(_ value: JSONValue) {
        Self.write(PeerText.escaped(json: value.canonicalBytes()) + [0x0a], to: .standardOutput)
    }

    /// A line of data for people; much of it was written by strangers.
    static func line(_ text: String) {
        Self.write(Array("\(PeerText.visible(text))\n".utf8), to: .standardOutput)
    }

    /// A list for people.
    static func table(_ table: Table) {
        let (heading, body) = table.lines(width: Self.width)
        if let heading, !body.isEmpty { Self.heading(heading) }
        for line in body { Self.line(line) }
    }

    /// A line above others; bold where a person reads it and wants that (https://no-color.org).
    private static func heading(_ text: String) {
        let plain = PeerText.visible(text)
        let line = Self.isStyled ? "\u{1B}[1m\(plain)\u{1B}[0m" : plain
        Self.write(Array("\(line)\n".utf8), to: .standardOutput)
    }

    private static var isStyled: Bool {
        let environment = ProcessInfo.processInfo.environment
        return Self.isTerminal && environment["NO_COLOR"]?.isEmpty != false
            && environment["TERM"] != "dumb"
    }

    /// The columns of the terminal that shows standard output; nil where it goes elsewhere.
    private static var width: Int? {
        guard Self.isTerminal else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return Self.usualWidth
        }
        return Int(size.ws_col)
    }

    /// The columns of a terminal that does not tell.
    private static let usualWidth = 80

    /// A line of talk.
    static func say(_ text: String) {
        Self.write(Array("\(PeerText.visible(text))\n".utf8), to: .standardError)
    }

    /// An entry of the log, as one object on one line.
    static func logged(_ entry: JSONValue) {
        Self.write(PeerText.escaped(json: entry.canonicalBytes()) + [0x0a], to: .standardError)
    }

    /// What an answer warns of, which is no talk that one may switch off.
    static func warn(of answer: JSONValue) {
        for warning in (answer["warnings"]?.elements ?? []).compactMap(\.string) {
            Self.say("Warning: \(warning)")
        }
    }

    /// Bytes as they are, for a file or another program, which must not be left with half of them.
    static func raw(_ bytes: [UInt8]) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            throw CommandFailure(
                .failed,
                "cannot write to standard output: \(error.localizedDescription)"
            )
        }
    }

    /// How far something is, in the place of what was shown before; nothing clears the line.
    static func progress(_ text: String) {
        let blank = String(repeating: " ", count: 60)
        Self.write(Array("\r\(blank)\r\(PeerText.visible(text))".utf8), to: .standardError)
    }

    /// Whether a person reads standard error.
    static var isTalkOnTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether a person reads standard output.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Why a command failed, for programs that read a stream from standard output.
    static func failure(_ failure: CommandFailure) {
        Self.write(
            PeerText.escaped(json: failure.json.canonicalBytes()) + [0x0a],
            to: .standardError
        )
    }

    /// Why a command failed.
    static func failure(_ text: String) {
        Self.say(text.hasPrefix("Error:") ? text : "Error: \(text)")
    }

    private static func write(_ bytes: [UInt8], to handle: FileHandle) {
        // A reader that closed its end of the pipe is no reason to fail.
        try? handle.write(contentsOf: Data(bytes))
    }
}

/// Moments as people read them.
enum Moments {
    static func text(_ milliseconds: Int64?) -> String {
        milliseconds.map { Timestamp(milliseconds: $0).text } ?? "-"
    }
}
