import Foundation
import Testing

@testable import Node

@Suite("How a node ends", .serialized, .timeLimit(.minutes(3)))
struct SignalTests {
    @Test(
        "C2-14: two signals of one wish drain, and so does the end of the terminal",
        arguments: [[SIGTERM, SIGTERM], [SIGTERM, SIGINT], [SIGHUP], [SIGHUP, SIGTERM]]
    )
    func signals(_ signals: [Int32]) throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let node = try NodeProcess(path)
            #expect(node.stop(by: signals) == 0)
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
