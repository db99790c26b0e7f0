import Foundation
import Messages
import Primitives

/// Exit codes of the command line.
enum ExitStatus: Int32 {
    case failed = 1
    case usage = 2
    case notRunning = 3
    case refused = 4
    case timedOut = 5
    case interrupted = 130
}

/// A command that did not succeed, with what the user should know and do.
struct CommandFailure: Error {
    let code: ExitStatus
    let detail: String

    init(_ code: ExitStatus, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

/// Data goes to standard output, talk to standard error.
enum Console {
    /// One JSON object on one line.
    static func json(_ value: JSONValue) {
        Self.write(value.canonicalBytes() + [0x0a], to: .standardOutput)
    }

    /// A line of data for people.
    static func line(_ text: String) {
        Self.write(Array("\(text)\n".utf8), to: .standardOutput)
    }

    /// A line of talk.
    static func say(_ text: String) {
        Self.write(Array("\(text)\n".utf8), to: .standardError)
    }

    /// Why a command failed.
    static func failure(_ text: String) {
        Self.say(text.hasPrefix("Error:") ? text : "Error: \(text)")
    }

    private static func write(_ bytes: [UInt8], to handle: FileHandle) {
        // A reader that went away is no reason to fail.
        try? handle.write(contentsOf: Data(bytes))
    }
}

/// Text of peers, made harmless for a terminal (threat T20).
enum PeerText {
    /// The text without control and direction-changing characters, cut to `limit` characters.
    static func shown(_ text: String, limit: Int = 100) -> String {
        let harmless = text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator:
                false
            default: true
            }
        }
        let clean = String(String.UnicodeScalarView(harmless))
        return clean.count > limit ? "\(clean.prefix(limit))…" : clean
    }
}

/// Moments as people read them.
enum Moments {
    static func text(_ milliseconds: Int64?) -> String {
        guard let milliseconds else { return "-" }
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
        return date.formatted(.iso8601)
    }
}
