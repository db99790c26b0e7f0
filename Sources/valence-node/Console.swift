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

    init(_ code: ExitStatus, _ detail: String, cause: String? = nil, retryAt: Int64? = nil) {
        self.code = code
        self.detail = detail
        self.cause = cause
        self.retryAt = retryAt
    }

    /// One line for people.
    var text: String { self.cause.map { "\(self.detail) (\($0))" } ?? self.detail }

    /// One object for programs.
    var json: JSONValue {
        .object(
            [
                ("code", .string(self.cause ?? self.code.name)), ("detail", .string(self.detail)),
                ("next", .string(self.next)),
            ] + (self.retryAt.map { [("retry_at", .integer($0))] } ?? [])
        )
    }

    /// Errors of this program name the cause and, behind a semicolon, the next step.
    private var next: String {
        guard let mark = self.detail.range(of: "; ", options: .backwards) else {
            return self.code.advice
        }
        return String(self.detail[mark.upperBound...])
    }
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

    /// A line of talk.
    static func say(_ text: String) {
        Self.write(Array("\(PeerText.visible(text))\n".utf8), to: .standardError)
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

    /// Whether a person reads standard output.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

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
