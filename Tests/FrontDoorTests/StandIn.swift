import ArgumentParser
import Cryptography
import Doors
import Foundation
import Glibc
import HTTPServer
import Kernel
import LocalAPI
import Logging
import Messages
import Primitives
import Synchronization

@testable import Node
@testable import valence_node

/// A node of which only the front door is there: its true HTTP server, in this process.
///
/// What stands behind the door answers what the test says, and writes down what it was asked.
final class StandIn: Sendable {
    let directory: DataDirectory
    let port: Int
    private let ledger = Ledger()
    private let server: HTTPServer
    private let kernel = Kernel(clock: SystemClock(), entropy: SeededEntropy(seed: 1))
    private let running: Task<KernelExit, Never>
    private let place: SocketPlace

    /// What was asked since the last look.
    var calls: [APICall] { self.requests.map(\.call) }

    /// What was asked since the last look, with what it is recognised by.
    var requests: [APIRequestReceived] { self.ledger.take() }

    /// Opens the door for the time of a test.
    static func with(
        uploads: any UploadStore = Shelf(),
        checksAnswers: Bool = false,
        extensions: Extensions = .none,
        connectionsMax: Int = 16,
        answering answer: @escaping @Sendable (APICall) -> APIResponse,
        _ body: (StandIn) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let node = try await StandIn(
                folder,
                uploads,
                checksAnswers,
                extensions,
                connectionsMax,
                answer
            )
            do {
                try await body(node)
            } catch {
                await node.close()
                throw error
            }
            await node.close()
        }
    }

    private init(
        _ folder: String,
        _ uploads: any UploadStore,
        _ checksAnswers: Bool,
        _ extensions: Extensions,
        _ connectionsMax: Int,
        _ answer: @escaping @Sendable (APICall) -> APIResponse
    ) async throws {
        let directory = DataDirectory(path: folder)
        _ = try directory.initialise()
        let place = try directory.makeSocketPlace()
        let outcome = AsyncStream<HTTPServer.Outcome>.makeStream()
        let server = HTTPServer(
            doors: .init(port: 0, socket: place.path, connectionsMax: connectionsMax),
            tokens: TokenDesk(
                try directory.loadTokens(),
                chance: { SecureRandom.bytes(32) },
                save: { try directory.saveTokens($0) }
            ),
            endpoints: Endpoints.all(with: extensions),
            version: "0.0.0",
            checksAnswers: checksAnswers,
            uploads: uploads,
            vitals: { .quiet },
            memory: { MemoryUse(bytes: 0) },
            figures: FigureRecorder(version: "0.0.0", subsystems: ["LocalAPI"]),
            topology: { [kernel = self.kernel] in kernel.graph },
            secret: 1,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onOutcome: { outcome.continuation.yield($0) }
        )
        let (kernel, ledger) = (self.kernel, self.ledger)
        let office = kernel.add { boot in FrontOffice(boot, server, ledger, answer) }
        try kernel.boot(standard: [])
        self.running = Task { await kernel.run(workers: 1) }
        server.start(reportingTo: office.calls)
        guard case .listening(let port) = await outcome.stream.first(where: { _ in true }) else {
            throw Unexpected(description: "no door was opened")
        }
        try directory.closeSocketToOthers()
        self.directory = directory
        self.place = place
        self.server = server
        self.port = port
    }

    /// Something happens that the node tells.
    func tell(_ event: NodeEvent) { self.server.tell(event, as: event.shown) }

    /// The node is about to stop.
    func leave() { self.server.leave() }

    /// The server ends, as with its node.
    func stop() async { await self.server.stop() }

    private func close() async {
        await self.server.stop()
        self.kernel.stop()
        _ = await self.running.value
    }
}

/// What was asked, in order.
private final class Ledger: Sendable {
    private let calls = Mutex<[APIRequestReceived]>([])

    func write(_ call: APIRequestReceived) { self.calls.withLock { $0.append(call) } }

    func take() -> [APIRequestReceived] {
        self.calls.withLock { calls in
            defer { calls = [] }
            return calls
        }
    }
}

/// Sits behind the door.
private actor FrontOffice: Subsystem {
    static let name = SubsystemName.localAPI
    nonisolated let calls: Inlet<APIRequestReceived>
    private let server: HTTPServer
    private let ledger: Ledger
    private let answer: @Sendable (APICall) -> APIResponse

    init(
        _ boot: borrowing Boot,
        _ server: HTTPServer,
        _ ledger: Ledger,
        _ answer: @escaping @Sendable (APICall) -> APIResponse
    ) {
        self.calls = boot.inlet(APIRequestReceived.self)
        self.server = server
        self.ledger = ledger
        self.answer = answer
    }

    static func wire(_ wiring: borrowing Wiring<FrontOffice>) {
        wiring.receives(APIRequestReceived.self) { office, envelope, _ in
            office.ledger.write(envelope.body)
            office.server.respond(
                to: envelope.body.id,
                with: office.answer(envelope.body.call)
            )
        }
    }
}

/// Takes uploads and forgets them, but for their hash.
struct Shelf: UploadStore {
    func beginUpload() -> any Upload { Parcel() }

    private final class Parcel: Upload {
        private let bytes = Mutex<[UInt8]>([])

        func append(_ bytes: [UInt8]) async throws(ContentFailure) {
            self.bytes.withLock { $0 += bytes }
        }

        func finish() async -> UploadedContent {
            let bytes = self.bytes.withLock { $0 }
            return UploadedContent(
                number: 1,
                hash: ContentHash(SHA256Digest.hash(bytes)),
                size: bytes.count
            )
        }

        func discard() {}
    }
}

/// What a command printed, and how it failed.
struct Printed {
    /// Lines on standard output.
    let data: [String]
    /// Lines on standard error.
    let talk: [String]
    let failure: CommandFailure?

    /// The one JSON object on standard output.
    func json() throws -> JSONValue {
        guard self.data.count == 1 else {
            throw Unexpected(description: "no single line: \(self.data), \(self.talk)")
        }
        return try JSONDocument(scanning: Array(self.data[0].utf8)).root.value
    }
}

extension StandIn {
    /// Runs a command against this node.
    func run(_ words: [String]) async throws -> Printed {
        try await Self.run(words, in: self.directory.path)
    }

    /// Runs a command in a data directory.
    static func run(_ words: [String], in folder: String) async throws -> Printed {
        try await Self.run(words + ["--data-dir", folder])
    }

    /// Runs a command in this process, and catches what it prints: for one test at a time.
    static func run(_ words: [String]) async throws -> Printed {
        let command = try ValenceNode.parseAsRoot(words)
        let output = Capture(of: STDOUT_FILENO)
        let errors = Capture(of: STDERR_FILENO)
        var failure: CommandFailure?
        var other: (any Error)?
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                var synchronous = command
                try synchronous.run()
            }
        } catch let caught as CommandFailure {
            failure = caught
        } catch {
            other = error
        }
        let (data, talk) = (output.end(), errors.end())
        if let other { throw other }
        return Printed(data: data, talk: talk, failure: failure)
    }
}

/// Turns what goes to a descriptor into a file, for a while.
private struct Capture {
    private let descriptor: Int32
    private let original: Int32
    private let file: Int32

    init(of descriptor: Int32) {
        fflush(nil)
        self.descriptor = descriptor
        self.original = dup(descriptor)
        var name = Array("/tmp/capture-XXXXXX".utf8CString)
        self.file = mkstemp(&name)
        unlink(name)
        dup2(self.file, descriptor)
    }

    /// Puts the descriptor back; the lines that went there.
    func end() -> [String] {
        fflush(nil)
        dup2(self.original, self.descriptor)
        close(self.original)
        lseek(self.file, 0, SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(self.file, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        close(self.file)
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map(String.init)
    }
}
