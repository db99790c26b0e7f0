import Foundation

/// Where files go unless somebody says otherwise, by the environment.
///
/// An empty variable is one that is not set, and where the XDG base directory specification wants an
/// absolute path, a relative one is ignored: it would depend on the folder that a command is run in.
struct Places {
    private let environment: [String: String]

    init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    /// The node's directory; of several state directories of a unit the first is meant.
    var dataDirectory: String {
        if let own = self.value("VALENCE_DATA_DIR") { return own }
        if let state = self.value("STATE_DIRECTORY")?.split(separator: ":").first {
            return String(state)
        }
        return "\(self.absolute("XDG_DATA_HOME") ?? "\(self.home)/.local/share")/valence"
    }

    /// Where a node answers over HTTP; nil for the data directory's own socket.
    var serverURL: String? { self.value("VALENCE_SERVER_URL") }

    /// The token to ask with; nil for the owner's.
    var token: String? { self.value("VALENCE_TOKEN") }

    /// For files that go with the process.
    var temporaryDirectory: String { self.absolute("TMPDIR") ?? "/tmp" }

    private var home: String {
        self.absolute("HOME") ?? NSHomeDirectoryForUser(NSUserName()) ?? "/"
    }

    private func value(_ name: String) -> String? {
        self.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private func absolute(_ name: String) -> String? {
        self.value(name).flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
}
