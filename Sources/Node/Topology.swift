public import Chronicle
import Consensus
import Cryptography
import Events
public import Gossip
import Identity
public import Kernel
public import LocalAPI
public import Messages
import Multiformats
import Peers
public import Persistence
package import PluginHost
import Primitives
import Reputation
public import StorageMarket
import Sync
public import Verification

/// What touches the world; the simulator replaces these and nothing else.
public struct NodeDevices: Sendable {
    /// The libp2p swarm.
    public var transport: any GossipTransport
    /// The workers that check signatures and proofs.
    public var pool: any VerificationPool
    /// The durable log.
    public var log: any LogDevice
    /// The blob directory.
    public var blobs: any BlobDevice
    /// The server of the local API.
    public var api: any APIServer
    /// What asks time servers; nil for a node that asks none.
    public var time: (any TimeService)?
    /// Where the operator reads what goes on; nil for a node that nobody watches.
    public var chronicle: (any ChronicleWriter)?
    /// Where checkpoints of the folded log are kept; nil for a node that folds all of it at each start.
    public var checkpoints: (any CheckpointDevice)?
    /// What runs plug-ins; nil for a node without any.
    package var plugins: (any PluginProcesses)?

    /// Puts devices together.
    public init(
        transport: any GossipTransport,
        pool: any VerificationPool,
        log: any LogDevice,
        blobs: any BlobDevice,
        api: any APIServer,
        chronicle: (any ChronicleWriter)? = nil
    ) {
        self.transport = transport
        self.pool = pool
        self.log = log
        self.blobs = blobs
        self.api = api
        self.chronicle = chronicle
    }
}

/// The one place that lists and wires the subsystems of a node.
///
/// A new subsystem is one `seats.add` line here, and what it owns beyond the protocol one in
/// ``extensions``; a subsystem that is taken out leaves a node that
/// boots and says what it can no longer do.
public enum Topology {
    /// What the subsystems of a node own that the protocol does not know.
    public static let extensions = Extensions.none

    /// The same, and what plug-ins of the operator own.
    static func extensions(with plugins: [PluginRegistration]) -> Extensions {
        plugins.isEmpty
            ? Self.extensions
            : Self.extensions.adding(plugins.map(\.manifest), reads: [Plugins.self])
    }

    // Mailboxes: what relays bring in is bounded by Gossip's admission credit, so a full mailbox
    // behind admission is a fault of our own, and the node stops rather than forget a message.
    private static let admission = Mailbox(capacity: 65_536, overflow: .halt)
    // What sockets and callers bring in is refused at the inlet when full.
    private static let edge = Mailbox(capacity: 65_536, overflow: .halt)
    // A node does not stop because its operator is told too much.
    private static let observer = Mailbox(capacity: 4_096, overflow: .dropOldest)

    /// What keeps the node from having these plug-ins; nil for nothing.
    static func flaw(of plugins: [PluginRegistration]) -> String? {
        let extensions = Self.extensions(with: plugins)
        return extensions.flaw ?? Endpoints.flaw(in: extensions)
    }

    /// Plugs the subsystems into a kernel.
    ///
    /// - Parameters:
    ///   - kernel: the kernel, not booted yet.
    ///   - settings: what the operator decided.
    ///   - devices: what touches the world.
    ///   - entropy: the source of chance.
    ///   - now: the time.
    ///   - jump: the jump of the clock that ended the kernel before, to be told.
    ///   - extensions: what plugged-in subsystems own; a flaw in it is a mistake of who wrote them, and
    ///     traps.
    /// - Returns: the subsystem that replays the log.
    public static func plug(
        into kernel: Kernel,
        _ settings: NodeSettings,
        _ devices: NodeDevices,
        entropy: any EntropySource,
        startedAt now: Moment,
        after jump: ClockJump? = nil,
        extensions: Extensions = Self.extensions
    ) -> Persistence {
        let persistence = Self.plug(
            into: kernel,
            settings,
            devices,
            entropy: entropy,
            startedAt: now,
            after: jump,
            extensions: extensions,
            omitting: []
        )
        guard let persistence else { preconditionFailure("nothing was left out") }
        return persistence
    }

    private static func identity(_ boot: borrowing Boot, _ settings: NodeSettings) -> Identity {
        Identity(
            boot,
            key: settings.key,
            acceptsOwnHistory: settings.acceptsOwnHistory,
            restored: settings.restored
        )
    }

    /// Plugs all but some subsystems into a kernel, to see what a node without them can still do.
    ///
    /// - Returns: the subsystem that replays the log, unless it was left out.
    static func plug(
        into kernel: Kernel,
        _ settings: NodeSettings,
        _ devices: NodeDevices,
        entropy: any EntropySource,
        startedAt now: Moment,
        after jump: ClockJump? = nil,
        extensions: Extensions = Self.extensions,
        omitting absent: Set<SubsystemName>
    ) -> Persistence? {
        if let flaw = extensions.flaw ?? Endpoints.flaw(in: extensions) {
            preconditionFailure(flaw)
        }
        let seats = Seats(kernel: kernel, absent: absent)
        seats.add(Self.edge) { boot in
            Gossip(
                boot,
                key: settings.key,
                direct: settings.directNodes,
                pace: settings.pace.gossip,
                entropy: entropy.next(),
                firstSequenceNumber: UInt64(clamping: now.nanoseconds),
                transport: devices.transport,
                extensions: extensions
            )
        }
        seats.add(Self.admission) { boot in
            Verification(
                boot,
                isLocalProfile: settings.isLocalProfile,
                pool: devices.pool,
                time: devices.time,
                clockJump: jump,
                extensions: extensions
            )
        }
        seats.add(Self.admission) { boot in Self.identity(boot, settings) }
        seats.add(Self.admission) { boot in
            Reputation(boot, configuration: settings.reputation, extensions: extensions)
        }
        seats.add(Self.admission) { boot in Peers(boot, configuration: settings.peers) }
        seats.add(Self.admission) { boot in Sync(boot, configuration: settings.sync) }
        seats.add(Self.admission) { boot in
            Consensus(
                boot,
                parameters: settings.description.parameters,
                founders: settings.description.founders.map(\.node),
                own: NodeID(settings.key.publicKey)
            )
        }
        seats.add(Self.admission) { boot in Self.market(boot, settings, devices) }
        seats.add(Self.edge) { boot in
            LocalAPI(
                boot,
                server: devices.api,
                about: settings.about(startedAt: now),
                extensions: extensions
            )
        } wireMore: { wiring in
            LocalAPI.wireReads(extensions, wiring)
        }
        seats.add(Self.admission) { Events($0, own: NodeID(settings.key.publicKey)) }
        Self.plugOptional(into: seats, settings, devices)
        return seats.add(Self.admission) { boot in
            Persistence(boot, device: devices.log, checkpoints: devices.checkpoints)
        }
    }
}

extension Topology {
    /// Plugs in what only some nodes have.
    private static func plugOptional(
        into seats: Seats,
        _ settings: NodeSettings,
        _ devices: NodeDevices
    ) {
        if let writer = devices.chronicle {
            seats.add(Self.observer) { boot in
                Chronicle(boot, writer: writer, startingPoints: settings.namedAddresses)
            }
        }
        if let processes = devices.plugins {
            seats.add(Self.edge) { boot in
                PluginHost(boot, settings.plugins, processes: processes)
            }
        }
    }

    private static func market(
        _ boot: borrowing Boot,
        _ settings: NodeSettings,
        _ devices: NodeDevices
    ) -> StorageMarket {
        StorageMarket(
            boot,
            blobs: devices.blobs,
            parameters: settings.description.parameters,
            calendar: settings.calendar,
            own: NodeID(settings.key.publicKey),
            keeps: settings.retention
        )
    }
}

/// The places of a kernel, some of which stay empty.
private struct Seats {
    let kernel: Kernel
    let absent: Set<SubsystemName>

    @discardableResult
    func add<S: Subsystem>(
        _ mailbox: Mailbox,
        _ make: (borrowing Boot) -> S,
        wireMore: (borrowing Wiring<S>) -> Void = { _ in }
    ) -> S? {
        self.absent.contains(S.name) ? nil : self.kernel.add(mailbox, make, wireMore: wireMore)
    }
}

// What each subsystem is told of the settings.
extension NodeSettings {
    fileprivate func about(startedAt now: Moment) -> NodeAbout {
        NodeAbout(
            version: NodeVersion.text,
            peerID: PeerID(ed25519: self.key.publicKey).description,
            networkName: self.description.name,
            networkHash: self.description.hash,
            startedAt: now,
            // Who begins a network, or names nobody to dial, may be alone.
            peersWanted: self.isGenesisNode || self.namedAddresses.isEmpty ? 0 : 1
        )
    }

    fileprivate var reputation: ReputationConfiguration {
        var configuration = ReputationConfiguration(
            genesis: self.description.founders.map {
                ReputationConfiguration.Founder(identity: $0.node, score: $0.score)
            },
            ownIdentity: NodeID(self.key.publicKey),
            isLocalProfile: self.isLocalProfile
        )
        configuration.operators = self.description.operators?.table ?? PrefixTable()
        configuration.parameters = self.description.parameters
        configuration.believesClaims = self.policy.believesClaims
        configuration.detectsCollusion = self.policy.detectsCollusion
        configuration.enforcesBans = self.policy.enforcesBans
        configuration.hashDatabases = self.hashDatabases
        configuration.calendar = self.calendar
        if let pause = self.pace.assessments {
            configuration.gossipMilliseconds = Int64(pause / .milliseconds(1))
        }
        return configuration
    }

    fileprivate var peers: PeersConfiguration {
        var configuration = PeersConfiguration(
            ownNode: NodeID(self.key.publicKey),
            bootstrap: self.startingPoints,
            isLocalProfile: self.isLocalProfile,
            network: self.description.mark
        )
        configuration.admitsUndescribed = self.policy.admitsUndescribed
        configuration.direct = self.direct
        configuration.bootstrapDomain = self.bootstrapDomain
        configuration.operators = self.description.operators?.table ?? PrefixTable()
        configuration.pace = self.pace.peers
        return configuration
    }

    fileprivate var sync: SyncConfiguration {
        var configuration = SyncConfiguration(
            isSyncedAtStart: self.isSyncedAtStart,
            isLocalProfile: self.isLocalProfile,
            namesBootstrapNodes: !self.isLocalProfile
                && !(self.startingPoints.isEmpty && self.direct.isEmpty)
        )
        configuration.bandwidth = self.bandwidth
        configuration.pace = self.pace.sync
        return configuration
    }
}
