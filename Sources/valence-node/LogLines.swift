import Foundation
import Logging
import Primitives
import Synchronization

/// How the node writes its log to standard error.
enum LogFormat: String, CaseIterable {
    /// Lines for people.
    case text
    /// An object a line, for programs.
    case json

    /// From now on everything that is logged goes there.
    ///
    /// - Parameter volume: how much; it may change at any time.
    func start(_ volume: LogVolume) {
        let format = self
        LoggingSystem.bootstrap { label in
            switch format {
            case .text: HarmlessLog(StreamLogHandler.standardError(label: label), volume: volume)
            case .json:
                HarmlessLog(JSONLog { Console.logged($0) }, namesEvents: true, volume: volume)
            }
        }
    }
}

/// How much is logged, by all loggers of the process alike.
final class LogVolume: Sendable {
    private let state: Mutex<Logger.Level>

    init(_ level: Logger.Level) { self.state = Mutex(level) }

    /// Below this level nothing is written.
    var level: Logger.Level {
        get { self.state.withLock { $0 } }
        set { self.state.withLock { $0 = newValue } }
    }
}

/// Writes an object a line: `time`, `level`, `source`, `event` and `text`, and what else is known of it in
/// `about`.
///
/// Programs go by `event`, which never changes; `text` is for people.
struct JSONLog: LogHandler {
    private let write: @Sendable (JSONValue) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(_ write: @escaping @Sendable (JSONValue) -> Void) { self.write = write }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var about = self.metadata.merging(event.metadata ?? [:]) { $1 }
        let name = about.removeValue(forKey: "event")?.description ?? "other"
        let members = about.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { ($0.key, JSONValue.string($0.value.description)) }
        self.write(
            .object(
                [
                    ("time", .string(Timestamp.now.text)), ("level", .string(event.level.rawValue)),
                    ("source", .string(event.source)), ("event", .string(name)),
                    ("text", .string(event.message.description)),
                ] + (members.isEmpty ? [] : [("about", .object(members))])
            )
        )
    }
}
