import Foundation
import Testing

@testable import Node

@Suite("How a node ends", .serialized, .timeLimit(.minutes(3)))
struct SignalTests {
    @Test(
        "C2-14: two signals of one wish drain",
        arguments: [[SIGTERM, SIGTERM], [SIGTERM, SIGINT], [SIGHUP, SIGTERM]]
    )
    func signals(_ signals: [Int32]) throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let node = try NodeProcess(path)
            #expect(node.stop(by: signals) == 0)
        }
    }

    @Test("C2-14: the end of the terminal drains the node that was started at it")
    func terminal() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let (master, slave) = try Terminal.pair(columns: nil)
            let input = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
            let node = try NodeProcess(path, input: input)
            #expect(node.stop(by: [SIGHUP]) == 0)
            close(master)
        }
    }

    @Test(
        "elsewhere it reads the settings again: what can be changed is, and a fault changes nothing"
    )
    func reload() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let log = "\(parent)/log"
            try Data().write(to: URL(fileURLWithPath: log))
            let errors = try #require(FileHandle(forWritingAtPath: log))
            let node = try NodeProcess(path, errors: errors)
            func reload(_ text: String, says line: String) throws {
                try text.write(toFile: "\(path)/config.toml", atomically: true, encoding: .utf8)
                kill(node.processID, SIGHUP)
                var said = ""
                for _ in 0..<200 where !said.contains(line) {
                    usleep(50_000)
                    said = try String(contentsOfFile: log, encoding: .utf8)
                }
                #expect(said.contains(line), "\(said)")
            }
            try reload("max-connections = 77\nrelay = false", says: "in force now: max-connections")
            try reload("max-connections = 78", says: "for the next start: relay")
            try reload("max-conections = 79", says: "do you mean `max-connections`?")
            try reload("log-level = \"debug\"", says: "log-level")
            #expect(node.stop() == 0)
        }
    }

    @Test(
        "C2-14, C4-4: nodes of a devnet end with it, however it ends",
        arguments: [SIGKILL, SIGHUP]
    )
    func orphans(_ signal: Int32) throws {
        try NodeProgram.withDirectory { parent in
            let devnet = try NodeProgram.process(["devnet", "--nodes", "3", "--data-dir", parent])
            devnet.standardOutput = FileHandle.nullDevice
            devnet.standardError = FileHandle.nullDevice
            try devnet.run()
            let watch = NodeProgram.watch(devnet)
            defer { watch.cancel() }
            let nodes = try (0..<3).map { try Self.processID("\(parent)/node-\($0)") }
            #expect(nodes.allSatisfy { Self.isAlive($0) })
            kill(devnet.processIdentifier, signal)
            devnet.waitUntilExit()
            for _ in 0..<200 where nodes.contains(where: { Self.isAlive($0) }) { usleep(50_000) }
            #expect(!nodes.contains { Self.isAlive($0) })
            for node in nodes where Self.isAlive(node) { kill(node, SIGKILL) }
        }
    }

    /// The process that the lock of a directory names, once it is there.
    private static func processID(_ path: String) throws -> Int32 {
        for _ in 0..<600 {
            let text = try? String(contentsOfFile: "\(path)/LOCK", encoding: .utf8)
            if let line = text?.split(separator: "\n").first, let id = Int32(line) { return id }
            usleep(50_000)
        }
        throw ProcessFailure(description: "no node came up in \(path)")
    }

    /// Whether a process runs; one that has ended may wait for somebody to ask how.
    private static func isAlive(_ id: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let state = stat.split(separator: ")").last?.split(separator: " ").first
        else { return false }
        return state != "Z"
    }
}
