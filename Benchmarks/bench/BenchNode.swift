import Cryptography
import Foundation
import Kernel
import LocalAPI
import Logging
import Messages
import Node
import Persistence
import Primitives
import StorageMarket
import SwarmTransport
import Synchronization
import Verification

/// A whole node in this process, with its log, its blobs and its sockets; only the local API is called
/// directly.
final class BenchNode: Sendable {
    let address: String
    let blobs: BlobDirectory
    private let kernel: Kernel
    private let transport: SwarmTransport
    private let log: LogStore
    private let pool = WorkerPool()
    private let caller = DirectCaller()
    private let running: Task<Void, Never>
    private let checkpoints: CheckpointFile

    /// Starts a node of the local profile under a path at which nothing is yet.
    init(at path: String, network: NetworkDescription, key: SigningKey, bootstrap: [String])
        async throws
    {
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let (addresses, announce) = AsyncStream<Result<[String], any Error>>.makeStream()
        self.kernel = Kernel(clock: SystemClock(), entropy: SystemEntropy(), logger: logger)
        self.transport = try SwarmTransport(
            key: key,
            at: SwarmTransport.Place(listen: ["/ip4/127.0.0.1/tcp/0"]),
            logger: logger,
            onOutcome: { announce.yield($0.mapError { $0 }) }
        )
        self.blobs = try BlobDirectory(dataDirectory: path, writable: { _ in nil })
        self.log = try LogStore(dataDirectory: path, nodeID: NodeID(key.publicKey), logger: logger)
        self.checkpoints = CheckpointFile(
            at: "\(path)/checkpoint",
            of: NodeID(key.publicKey).bytes,
            logger: logger
        )
        var devices = NodeDevices(
            transport: self.transport,
            pool: self.pool,
            log: self.log,
            blobs: self.blobs,
            api: self.caller
        )
        devices.checkpoints = self.checkpoints
        let persistence = Topology.plug(
            into: self.kernel,
            NodeSettings(
                key: key,
                profile: .local,
                bootstrap: bootstrap,
                description: network,
                isGenesisNode: bootstrap.isEmpty
            ),
            devices,
            entropy: SystemEntropy(),
            startedAt: SystemClock().now
        )
        try self.kernel.boot(standard: SubsystemName.standard)
        if let exit = await ReplayDriver.replay(self.kernel, from: persistence) {
            throw BenchError("a node cannot replay its log: \(exit)")
        }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        self.running = Task { [kernel] in _ = await kernel.run(workers: cores) }
        var listening: [String] = []
        for await outcome in addresses {
            listening = try outcome.get()
            break
        }
        guard let address = listening.first else { throw BenchError("a node does not listen") }
        self.address = address
    }

    /// Does what a caller of the local API may.
    ///
    /// - Throws: ``BenchError`` with what the node says against it.
    @discardableResult
    func call(_ call: APICall) async throws -> APIResponse {
        let response = await self.caller.call(call)
        guard response.status == 200 else {
            throw BenchError("a node refused: \(response.status) \(response.body)")
        }
        return response
    }

    /// Waits until it knows another node; those that have just met do not take in messages yet.
    func meetOne() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await self.call(.status).body["peers"]?["authenticated"]?.integer != 1 {
            guard ContinuousClock.now < deadline else { throw BenchError("two nodes did not meet") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func stop() async {
        self.kernel.stop()
        await self.running.value
        await self.transport.stop()
        self.pool.stop()
        self.checkpoints.finish()
        self.log.close()
    }
}

/// Calls of the local API from the same process.
private final class DirectCaller: APIServer {
    private struct State {
        var inlet: Inlet<APIRequestReceived>?
        var next: UInt64 = 1
        var waiting: [RequestID: CheckedContinuation<APIResponse, Never>] = [:]
    }

    private let state = Mutex(State())

    func start(reportingTo inlet: Inlet<APIRequestReceived>) {
        self.state.withLock { $0.inlet = inlet }
    }

    func respond(to request: RequestID, with response: APIResponse) {
        self.state.withLock { $0.waiting.removeValue(forKey: request) }?
            .resume(returning: response)
    }

    func call(_ call: APICall) async -> APIResponse {
        await withCheckedContinuation { continuation in
            let (id, inlet) = self.state.withLock { state in
                let id = RequestID(rawValue: state.next)
                state.next += 1
                state.waiting[id] = continuation
                return (id, state.inlet)
            }
            guard inlet?.put(APIRequestReceived(id: id, call: call)) == true else {
                self.respond(
                    to: id,
                    with: APIResponse(status: 503, code: "busy", detail: "the node is busy")
                )
                return
            }
        }
    }
}
