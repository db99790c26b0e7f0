package import Logging
import Synchronization

/// Keeps the lines of a log, for whoever asks what the operator was told.
package final class Told: LogHandler, @unchecked Sendable {
    // Nobody sets these two while others log.
    package var metadata: Logger.Metadata = [:]
    package var logLevel = Logger.Level.trace
    private let told = Mutex<[String]>([])

    package init() {}

    /// What was logged so far.
    package var lines: [String] { self.told.withLock { $0 } }

    /// A logger that leads here.
    package var logger: Logger { Logger(label: "test") { _ in self } }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        self.told.withLock { $0.append("\(event.level): \(event.message)") }
    }
}
