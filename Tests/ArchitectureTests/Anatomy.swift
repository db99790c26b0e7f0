import Foundation
import Testing

/// What a subsystem is made of (ADR 0042): a shell, a machine, and perhaps a device of its own.
struct Anatomy: Sendable {
    /// Its name, which is that of its actor and of its folder.
    let name: String
    /// How the names of the files begin that hold its device.
    let devices: [String]

    /// Subsystems that are built in this way.
    static let all = [
        Anatomy(name: "Chronicle", devices: ["ChronicleWriter"]),
        Anatomy(name: "Events", devices: []),
        Anatomy(name: "Gossip", devices: ["GossipTransport"]),
        Anatomy(name: "Identity", devices: []),
        Anatomy(name: "Importer", devices: ["ImporterDesk"]),
        Anatomy(name: "Reputation", devices: []),
        Anatomy(name: "Consensus", devices: []),
        Anatomy(name: "LocalAPI", devices: ["APIServer"]),
        Anatomy(name: "Peers", devices: []),
        Anatomy(
            name: "Persistence",
            devices: [
                "Check", "Commit", "Data", "Entry", "File", "Index", "Log", "Memory", "MessagePool",
                "Past", "Record", "ReplayCheck", "StoredOrigin", "TypeCode",
            ]
        ),
        Anatomy(name: "PluginHost", devices: ["PluginProcesses"]),
        Anatomy(name: "StorageMarket", devices: ["Blob", "Memory"]),
        Anatomy(name: "Sync", devices: []),
        Anatomy(
            name: "Verification",
            devices: ["TimeService", "VerificationPool", "WorkerPool"]
        ),
    ]

    private var files: [SourceFile] { SourceTree.files(below: "Sources/Actors/\(self.name)") }

    /// The files of the actor.
    var shell: [SourceFile] { self.files.filter { self.isShell($0.name) } }

    /// The files that touch the world.
    var device: [SourceFile] { self.files.filter { self.isDevice($0.name) } }

    /// All others.
    var machine: [SourceFile] {
        self.files.filter { !self.isShell($0.name) && !self.isDevice($0.name) }
    }

    private func isShell(_ file: String) -> Bool {
        file == "\(self.name).swift" || file.hasPrefix("\(self.name)+")
    }

    private func isDevice(_ file: String) -> Bool {
        self.devices.contains { file.hasPrefix($0) }
    }
}

extension Anatomy: CustomTestStringConvertible {
    var testDescription: String { self.name }
}

/// A stored property that a type declares, found by its indentation.
struct StoredProperty: CustomStringConvertible {
    let name: String
    let isPrivate: Bool
    /// What follows the name: its type, its initial value, or both.
    let rest: String

    var description: String { self.name + self.rest }

    /// The stored properties of the first type of a kind and name in some files.
    static func all(of declaration: String, in files: [SourceFile]) -> [StoredProperty] {
        files.flatMap { file -> [StoredProperty] in
            let code = SourceTree.code(of: file)
            guard let start = code.firstIndex(where: { $0.contains(declaration) }) else {
                return []
            }
            let body = code[(start + 1)...].prefix { $0 != "}" }
            return body.compactMap { Self($0) }
        }
    }

    private init?(_ line: String) {
        let pattern = /^ {4}((?:[a-z]+(?:\([a-z]+\))? )*)(?:let|var) (\w+)(.*)$/
        guard let match = line.wholeMatch(of: pattern), !match.output.1.contains("static"),
            !match.output.3.contains("{") || match.output.3.contains("=")
        else { return nil }
        self.name = String(match.output.2)
        self.isPrivate = match.output.1.hasPrefix("private ")
        self.rest = String(match.output.3)
    }
}
