import Foundation
import Primitives
import Testing

@testable import Node

@Suite("A start on a full disk", .serialized, .timeLimit(.minutes(2)))
struct FullDiskTests {
    /// Has all writes to files fail, as on a full disk.
    private static let fullDisk = #"trap "" XFSZ; ulimit -f 0;"#

    @Test(
        "C4-10, C3-14: a node on a full disk starts, reads, says that it cannot write, leaves no files"
    )
    func starts() async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try DataDirectory(path: path).initialise()
        let first = try NodeProcess(path)
        let posted = try first.call(["request", "new", "--title", "before"])
        let id = try #require(posted["id"]?.string)
        #expect(first.stop() == 0)
        let leftover = "\(path)/api.port.1234567890.tmp"
        _ = FileManager.default.createFile(atPath: leftover, contents: nil)

        let reader = try NodeProcess(path, prefix: Self.fullDisk)
        let caller = try Caller(reader)
        let requests = try await caller.get("/v1/requests?limit=10")
        #expect(requests.body["requests"]?.elements?.map { $0["id"]?.string } == [id])
        let readiness = try await caller.get("/readyz")
        #expect(readiness.status == 503)
        #expect(readiness.body["code"]?.string == "storage_stopped")
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        #expect(!names.contains { $0.hasSuffix(".tmp") }, "\(names)")
        #expect(reader.stop() == 0)

        let second = try NodeProcess(path)
        _ = try second.call(["request", "new", "--title", "after"])
        let list = try second.call(["request", "list"])["requests"]?.elements ?? []
        #expect(list.count == 2)
        #expect(second.stop() == 0)
    }
}
