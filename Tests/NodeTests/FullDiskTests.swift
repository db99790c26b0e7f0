import Foundation
import FoundationNetworking
import Messages
import Primitives
import Testing

@testable import Node

@Suite("A start on a full disk", .serialized, .timeLimit(.minutes(2)))
struct FullDiskTests {
    /// A node whose writes to files all fail, as on a full disk.
    private final class Reader {
        let process: Process
        let ready: JSONValue

        init(_ path: String) throws {
            let node = try NodeProgram.process(NodeProcess.arguments(path))
            self.process = Process()
            self.process.executableURL = URL(fileURLWithPath: "/bin/bash")
            let program = try #require(node.executableURL?.path)
            let script = #"trap "" XFSZ; ulimit -f 0; exec "$@""#
            self.process.arguments =
                ["-c", script, "bash", program] + NodeProcess.arguments(path)
            self.process.standardInput = FileHandle.nullDevice
            self.process.standardError = FileHandle.nullDevice
            let output = Pipe()
            self.process.standardOutput = output
            try self.process.run()
            let watch = NodeProgram.watch(self.process)
            defer { watch.cancel() }
            var line = Data()
            while line.last != 0x0a, let byte = try output.fileHandleForReading.read(upToCount: 1) {
                line.append(byte)
            }
            self.ready = try JSONDocument(scanning: Array(line)).root.value
        }

        deinit { if self.process.isRunning { kill(self.process.processIdentifier, SIGKILL) } }

        func get(_ path: String) async throws -> (status: Int, body: JSONValue) {
            let api = try #require(self.ready["api"]?.string)
            let directory = try #require(self.ready["data_dir"]?.string)
            var request = URLRequest(url: try #require(URL(string: api + path)))
            let token = try DataDirectory(path: directory).loadToken()
            request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
            let (data, response) = try await URLSession.shared.data(for: request)
            let status = (response as? HTTPURLResponse)?.statusCode ?? 0
            return (status, try JSONDocument(scanning: Array(data)).root.value)
        }

        func stop() -> Int32 {
            self.process.terminate()
            self.process.waitUntilExit()
            return self.process.terminationReason == .exit ? self.process.terminationStatus : -1
        }
    }

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

        let reader = try Reader(path)
        let requests = try await reader.get("/v1/requests?limit=10")
        #expect(requests.body["requests"]?.elements?.map { $0["id"]?.string } == [id])
        let readiness = try await reader.get("/readyz")
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
