import Foundation
import Logging
import Synchronization
import Testing

@testable import Kernel
@testable import Node

@Suite("ADR 0033: how a node rebuilds itself", .serialized, .timeLimit(.minutes(2)))
struct RebuildTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func configuration(_ path: String) -> NodeConfiguration {
        NodeConfiguration(
            dataDirectory: DataDirectory(path: path),
            listen: ["/ip4/127.0.0.1/tcp/0"],
            reach: .unreachable,
            workers: 1
        )
    }

    private static var threads: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
    }

    private static func withDirectory(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try DataDirectory(path: path).initialise()
        try await body(path)
    }

    /// The clock of a machine that two time services set in turn.
    private final class Wall: Sendable {
        private let offset = Atomic<Int64>(0)

        var now: Moment {
            SystemClock().now.advanced(by: .seconds(self.offset.load(ordering: .acquiring)))
        }

        func turn() { self.offset.bitwiseXor(-3_600, ordering: .acquiringAndReleasing) }
    }

    @Test(
        "C4-1: a clock that jumps again and again has the node rest, not rebuild itself for ever"
    )
    func rests() async throws {
        try await Self.withDirectory { path in
            let wall = Wall()
            let lives = Atomic<Int>(0)
            let runtime = try NodeRuntime(
                Self.configuration(path),
                clock: { SystemClock(watching: { wall.now }) },
                logger: Self.logger
            )
            async let running: Void = runtime.run { _ in
                lives.add(1, ordering: .acquiringAndReleasing)
                wall.turn()
            }
            for _ in 0..<600
            where lives.load(ordering: .acquiring) <= RebuildLimits.jumpsAtOnceMax {
                try await Task.sleep(for: .milliseconds(100))
            }
            // As long as all rebuilds so far have taken together, at least.
            try await Task.sleep(for: .seconds(5))
            #expect(lives.load(ordering: .acquiring) == RebuildLimits.jumpsAtOnceMax + 1)
            let asked = ContinuousClock.now
            runtime.stop()
            try await running
            #expect(ContinuousClock.now - asked < .seconds(10), "a stop ends the rest")
        }
    }

    @Test("C4-1: a life that ends in its replay gives its threads back")
    func givesBack() async throws {
        try await Self.withDirectory { path in
            let node = try NodeProcess(path)
            _ = try node.call(["request", "new", "--title", "kept"])
            #expect(node.stop() == 0)
            try Self.damageRecord(of: path, holding: "\"title\":\"kept\"")
            try await Self.runInVain(path)
            let before = Self.threads
            for _ in 0..<8 { try await Self.runInVain(path) }
            #expect(Self.threads < before + 8, "each life has two threads or more")
        }
    }

    /// Changes a letter of a record, so that the replay fails.
    private static func damageRecord(of path: String, holding text: String) throws {
        let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
        var data = try Data(contentsOf: file)
        var start = data.startIndex
        while let found = data.range(of: Data(text.utf8), in: start..<data.endIndex) {
            data[found.upperBound - 2] ^= 1
            start = found.upperBound
        }
        #expect(start != data.startIndex)
        try data.write(to: file)
    }

    private static func runInVain(_ path: String) async throws {
        let runtime = try NodeRuntime(Self.configuration(path), logger: Self.logger)
        await #expect(throws: NodeError.self) { try await runtime.run { _ in } }
    }
}
