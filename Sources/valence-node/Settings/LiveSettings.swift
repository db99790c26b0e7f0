import Logging
import Node
import Synchronization

/// The settings of a running node, which are read again on SIGHUP (ADR 0076).
final class LiveSettings: Sendable {
    private let current: Mutex<Settings>
    /// Those of the start, with which all that waits is compared.
    private let first: Settings
    private let runtime: NodeRuntime
    private let volume: LogVolume
    private let logger: Logger
    private let read: @Sendable () throws(CommandFailure) -> Settings

    /// - Parameters:
    ///   - settings: those that the node runs with.
    ///   - runtime: is told new caps.
    ///   - volume: is told how much to log.
    ///   - logger: gets a line about what changed and what did not.
    ///   - read: looks all values up anew.
    init(
        _ settings: Settings,
        _ runtime: NodeRuntime,
        _ volume: LogVolume,
        _ logger: Logger,
        read: @escaping @Sendable () throws(CommandFailure) -> Settings
    ) {
        self.current = Mutex(settings)
        self.first = settings
        self.runtime = runtime
        self.volume = volume
        self.logger = logger
        self.read = read
    }

    /// Changes what can be changed; settings with a fault change nothing.
    func reload() {
        let new: Settings
        do {
            new = try self.read()
        } catch {
            return self.logger.error(
                "the settings stay as they are: \(error.detail)",
                metadata: ["event": "settings_refused"]
            )
        }
        let changed = self.current.withLock { current in
            defer { current = new }
            return current.changed(in: new)
        }
        self.volume.level = new.level.level
        self.runtime.limit(to: new.caps)
        let waiting = self.first.changed(in: new).filter { !$0.isReloaded }
        self.tell(changed.filter(\.isReloaded), "in force now", "settings_changed")
        self.tell(waiting, "for the next start", "settings_wait")
        if changed.isEmpty, waiting.isEmpty {
            self.logger.notice("no setting changed", metadata: ["event": "settings_same"])
        }
    }

    private func tell(_ settings: [Setting], _ what: String, _ event: String) {
        guard !settings.isEmpty else { return }
        let names = settings.map(\.name).joined(separator: ", ")
        self.logger.notice("settings \(what): \(names)", metadata: ["event": "\(event)"])
    }
}
