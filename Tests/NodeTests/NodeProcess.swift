import Foundation
import Primitives

/// Why a process test cannot go on.
struct ProcessFailure: Error, CustomStringConvertible { let description: String }

/// The built `valence-node`, run as a process of its own.
enum NodeProgram {
    /// What a command printed and how it ended.
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String

        /// The one JSON object on standard output.
        func json() throws -> JSONValue {
            do {
                return try JSONDocument(scanning: Array(self.output.utf8)).root.value
            } catch {
                let text = "status \(self.status): \(self.output)\(self.errors)"
                throw ProcessFailure(description: "no JSON (\(error)) in \(text)")
            }
        }
    }

    /// The program beside the test bundle.
    private static var url: URL {
        URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
            .deletingLastPathComponent().appendingPathComponent("valence-node")
    }

    /// The program with these arguments, run by a shell that does something before, if anything.
    static func process(_ arguments: [String], prefix: String? = nil) throws -> Process {
        guard FileManager.default.isExecutableFile(atPath: self.url.path) else {
            throw ProcessFailure(description: "build valence-node first: \(self.url.path)")
        }
        let process = Process()
        process.executableURL = self.url
        process.arguments = arguments
        if let prefix {
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = ["-c", "\(prefix) exec \"$@\"", "bash", self.url.path] + arguments
        }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Runs a command to its end, which must come within a minute.
    ///
    /// - Parameters:
    ///   - arguments: what follows the name of the program.
    ///   - environment: variables beside those of the tests.
    ///   - prefix: what a shell does before.
    /// - Returns: what it printed and how it ended.
    /// - Throws: when it cannot be run.
    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        prefix: String? = nil
    ) throws -> Outcome {
        let process = try self.process(arguments, prefix: prefix)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let watch = self.watch(process)
        defer { watch.cancel() }
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: printed, as: UTF8.self),
            errors: String(decoding: said, as: UTF8.self)
        )
    }

    /// Ends a process that takes longer than a minute.
    static func watch(_ process: Process) -> Task<Void, any Error> {
        Task.detached {
            try await Task.sleep(for: .seconds(60))
            process.terminate()
        }
    }

    /// A directory for data directories that is removed with the test.
    static func withDirectory(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }
}

/// One data directory and the node that runs on it.
final class NodeProcess {
    let dataDirectory: String
    private let process: Process
    /// The line that the node prints when it is up.
    let ready: JSONValue

    /// The arguments of a node on one machine, alone.
    static func arguments(_ path: String, listen: String = "/ip4/127.0.0.1/tcp/0") -> [String] {
        [
            "run", "--json", "--check-answers", "--profile", "local", "--listen", listen,
            "--data-dir", path,
        ]
    }

    /// Starts a node and waits until it is up.
    ///
    /// - Parameters:
    ///   - path: its data directory.
    ///   - more: arguments beside the usual ones.
    ///   - prefix: what a shell does before.
    ///   - input: its standard input.
    ///   - errors: where what it says goes.
    /// - Throws: when it cannot be run, or does not come up within a minute.
    init(
        _ path: String,
        _ more: [String] = [],
        prefix: String? = nil,
        input: FileHandle = .nullDevice,
        errors: FileHandle = .nullDevice
    ) throws {
        self.dataDirectory = path
        self.process = try NodeProgram.process(Self.arguments(path) + more, prefix: prefix)
        let output = Pipe()
        self.process.standardInput = input
        self.process.standardOutput = output
        self.process.standardError = errors
        try self.process.run()
        let watch = NodeProgram.watch(self.process)
        defer { watch.cancel() }
        // Ends when the line is there, or with the process.
        var line = Data()
        while line.last != 0x0a, let byte = try output.fileHandleForReading.read(upToCount: 1) {
            line.append(byte)
        }
        guard let ready = try? JSONDocument(scanning: Array(line)).root.value,
            ready["event"]?.string == "ready"
        else {
            self.process.terminate()
            throw ProcessFailure(description: "the node on \(path) did not come up")
        }
        self.ready = ready
    }

    deinit { self.crash() }

    var processID: Int32 { self.process.processIdentifier }

    /// Ends the node as a power cut would.
    func crash() {
        guard self.process.isRunning else { return }
        kill(self.processID, SIGKILL)
        self.process.waitUntilExit()
    }

    /// Asks the node to end, and returns its exit status.
    func stop() -> Int32 { self.stop(by: [SIGTERM]) }

    /// Sends signals one right after the other, and returns the exit status; -1 when one killed it.
    func stop(by signals: [Int32]) -> Int32 {
        for signal in signals { kill(self.processID, signal) }
        self.process.waitUntilExit()
        return self.process.terminationReason == .exit ? self.process.terminationStatus : -1
    }

    /// Runs a command against this node's data directory; it has to succeed.
    func call(_ arguments: [String]) throws -> JSONValue {
        let outcome = try NodeProgram.run(
            arguments + ["--json", "--data-dir", self.dataDirectory]
        )
        guard outcome.status == 0 else {
            throw ProcessFailure(description: "\(arguments): \(outcome.errors)")
        }
        return try outcome.json()
    }
}
