import Foundation
import Messages
import Node
import Primitives

/// One node process of a devnet.
final class DevnetNode: Sendable {
    let number: Int
    let directory: DataDirectory
    let id: NodeID
    let address: String
    private let door: NodeAddress
    private let process: Process
    /// Held open for as long as this process lives; the node ends with it, however it ends.
    private let life: Pipe

    /// Starts a node and waits until it is ready.
    init(number: Int, directory: DataDirectory, id: NodeID, genesis: String, bootstrap: [String])
        async throws
    {
        let process = Process()
        process.executableURL = try Self.executable
        var arguments = [
            "run", "--data-dir", directory.path, "--profile", "local", "--json",
            "--listen", "/ip4/127.0.0.1/tcp/0", "--genesis", genesis, "--log-level", "warning",
            "--until-input-ends",
        ]
        for address in bootstrap { arguments += ["--bootstrap", address] }
        process.arguments = arguments
        // What an operator has set for a node of theirs is not meant for these.
        let settings = Set(Setting.all.map(\.variable) + ["VALENCE_CONFIG"])
        process.environment = ProcessInfo.processInfo.environment.filter {
            !settings.contains($0.key)
        }
        let output = Pipe()
        process.standardOutput = output
        let life = Pipe()
        // The other nodes must not inherit the pipe, or it would stay open when this process ends.
        let end = life.fileHandleForWriting.fileDescriptor
        guard fcntl(end, F_SETFD, FD_CLOEXEC) == 0 else {
            throw CommandFailure(.failed, "cannot keep a pipe to node \(number) to this process")
        }
        process.standardInput = life
        try process.run()
        let address = try Self.address(
            in: try Self.firstLine(of: output.fileHandleForReading),
            number
        )
        self.number = number
        self.directory = directory
        self.id = id
        self.process = process
        self.life = life
        self.address = address
        self.door = try NodeAddress(directory)
    }

    /// Asks the node, each time for something else: a post with the key of another one would be refused.
    var client: APIClient { APIClient(self.door) }

    /// Asks the process to end and waits for it, at most ten seconds.
    func stop() async {
        guard self.process.isRunning else { return }
        self.process.terminate()
        for _ in 0..<100 where self.process.isRunning {
            try? await Task.sleep(for: .milliseconds(100))
        }
        if self.process.isRunning { kill(self.process.processIdentifier, SIGKILL) }
    }

    var isRunning: Bool { self.process.isRunning }

    private static var executable: URL {
        get throws {
            guard let path = Bundle.main.executableURL else {
                throw CommandFailure(.failed, "cannot find the path of this program")
            }
            return path
        }
    }

    private static func firstLine(of handle: FileHandle) throws -> [UInt8] {
        var line: [UInt8] = []
        while let chunk = try handle.read(upToCount: 1), let byte = chunk.first, byte != 0x0a {
            line.append(byte)
        }
        return line
    }

    private static func address(in line: [UInt8], _ number: Int) throws -> String {
        guard let ready = try? JSONDocument(scanning: line).root,
            let address = ready["listen"]?.elements?.first(where: { _ in true })?.string
        else {
            throw CommandFailure(
                .failed,
                "node \(number) did not start; its messages above say why"
            )
        }
        return address
    }
}
