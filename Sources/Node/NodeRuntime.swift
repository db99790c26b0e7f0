import Cryptography
import HTTPServer
import Kernel
public import Logging
import Messages
import Multiformats
import Persistence
public import Primitives
import StorageMarket
import SwarmTransport
import Synchronization
import Verification

/// A running node: devices, kernel and subsystems, from the first replay to the last commit.
///
/// A fault of a subsystem is a bug. The node then says so, throws all subsystems away, replays
/// the log into fresh ones and goes on; nothing acknowledged is lost, because nothing is
/// acknowledged before its commit. The third fault within a minute ends it.
public final class NodeRuntime: Sendable {
    /// What a caller must know to talk to the node.
    public struct Ready: Sendable {
        /// The node's own key.
        public let nodeID: NodeID
        /// The same key as a libp2p peer id.
        public let peerID: String
        /// Complete multiaddrs.
        public let listen: [String]
        /// TCP port of the local API on 127.0.0.1.
        public let apiPort: Int
        /// Subsystems that the topology lacks.
        public let absent: [String]
        /// The fault after which the node was rebuilt; nil at the first start.
        public let fault: String?

        /// What programs that watch the node are told: only the first time it is `ready`.
        public var event: String { self.fault == nil ? "ready" : "rebuilt" }
    }

    private let configuration: NodeConfiguration
    private let settings: NodeSettings
    private let token: String
    private let apiConnectionsMax: Int
    private let logger: Logger
    private let log: LogStore
    private let blobs: BlobDirectory
    private let pool = WorkerPool()
    private let clock = SystemClock()
    private let entropy = SystemEntropy()
    private let current = Mutex<Incarnation?>(nil)
    private let stopping = Atomic<Bool>(false)

    /// Opens the data directory; nothing runs yet.
    ///
    /// - Throws: ``NodeError`` with cause and next step.
    public init(_ configuration: NodeConfiguration, logger: Logger) throws(NodeError) {
        let descriptors = try Descriptors.prepare()
        self.apiConnectionsMax = Descriptors.apiConnections(of: descriptors)
        let directory = configuration.dataDirectory
        let key = try directory.loadKey()
        self.token = try directory.loadToken()
        self.configuration = configuration
        self.logger = logger
        self.settings = NodeSettings(
            key: key,
            profile: configuration.profile,
            bootstrap: configuration.bootstrap,
            domain: configuration.bootstrapDomain,
            direct: configuration.direct,
            description: try configuration.genesisPath.map { path throws(NodeError) in
                try NetworkDescription(path: path)
            } ?? NetworkDescription(),
            isGenesisNode: configuration.isGenesisNode,
            policy: configuration.policy
        )
        try self.settings.checkAddresses(own: configuration.external)
        try directory.join(self.settings.description)
        do {
            let node = NodeID(key.publicKey)
            self.log = try LogStore(
                dataDirectory: directory.path,
                nodeID: node,
                formerNodeID: directory.loadRetiredNode(),
                logger: logger
            )
            self.blobs = try BlobDirectory(
                dataDirectory: directory.path,
                writable: { DiskSpace.measure($0)?.writable }
            )
        } catch {
            throw .log(cause: "\(error)")
        }
        // A node that was killed could not take its port back.
        directory.removePort()
    }

    /// Runs until ``stop()``; calls `onReady` each time the node is up.
    ///
    /// - Throws: ``NodeError`` when the node cannot start or has too many faults.
    public func run(onReady: @Sendable (Ready) -> Void) async throws(NodeError) {
        var budget = FaultBudget()
        var last: String?
        defer { self.close() }
        while !self.stopping.load(ordering: .acquiring) {
            let fault = try await self.live(after: last, onReady)
            guard let fault else { return }
            last = fault
            self.logger.critical("a subsystem failed; rebuilding from the log: \(fault)")
            guard budget.note(at: self.clock.now) else {
                throw .tooManyFaults(last: fault)
            }
        }
    }

    /// Ends the node: no more input, what was accepted is committed, then the devices close.
    public func stop() {
        self.stopping.store(true, ordering: .releasing)
        self.current.withLock { $0 }?.stop()
    }

    private func close() {
        self.pool.stop()
        self.log.close()
    }

    /// One life of the subsystems; returns the fault that ended it, nil after a stop.
    private func live(after fault: String?, _ onReady: @Sendable (Ready) -> Void)
        async throws(NodeError) -> String?
    {
        let life = try Incarnation(
            configuration: self.configuration,
            settings: self.settings,
            token: self.token,
            apiConnectionsMax: self.apiConnectionsMax,
            log: self.log,
            blobs: self.blobs,
            pool: self.pool,
            clock: self.clock,
            entropy: self.entropy,
            logger: self.logger
        )
        self.current.withLock { $0 = life }
        if self.stopping.load(ordering: .acquiring) { return nil }
        return try await life.run { listen, port in
            onReady(
                Ready(
                    nodeID: NodeID(self.settings.key.publicKey),
                    peerID: PeerID(ed25519: self.settings.key.publicKey).description,
                    listen: listen,
                    apiPort: port,
                    absent: life.report.absent.map(\.subsystem.rawValue),
                    fault: fault
                )
            )
        }
    }
}
