import Doors
import Kernel
import Messages
import Primitives

/// Collects what the subsystems say of themselves into one object.
struct StatusReport: Sendable, Equatable {
    private(set) var open: Int
    private var members: [(name: String, value: JSONValue)]
    private var digests: [(name: String, digest: Bytes32)] = []
    private var absent: [String]
    private let isBrief: Bool

    static func == (left: Self, right: Self) -> Bool {
        left.shown == right.shown
    }

    /// Expects so many parts beside those that are known.
    ///
    /// - Parameters:
    ///   - parts: how many subsystems were asked.
    ///   - absent: the names of those that this node does not have.
    ///   - isBrief: whether it has no digests.
    ///   - known: the parts that nobody has to be asked for.
    init(
        parts: Int,
        absent: [String],
        isBrief: Bool = false,
        known: [(String, JSONValue)] = []
    ) {
        self.isBrief = isBrief
        self.open = parts
        self.absent = absent
        self.members = known.map { (name: $0.0, value: $0.1) }
    }

    /// Adds one subsystem's part.
    mutating func add(_ name: String, _ value: JSONValue, digest: Bytes32? = nil) {
        self.open -= 1
        self.members.append((name, value))
        if let digest { self.digests.append((name, digest)) }
    }

    /// A subsystem did not say its part in time.
    mutating func miss(_ name: SubsystemName) {
        self.open -= 1
        self.absent.append(name.rawValue)
    }

    private func part(_ name: String) -> JSONValue? {
        self.members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    private var digestList: JSONValue? {
        guard !self.isBrief else { return nil }
        let sorted = self.digests.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return .object(sorted.map { ($0.name, $0.digest.shown) })
    }

    private var digest: Bytes32? {
        self.digestList.map { SHA256Digest.hash($0.canonicalBytes()) }
    }
}

extension StatusReport: Record {
    static let about = "The state of the node, part by part; absent subsystems have none."
    static let fields: [Field<StatusReport>] = [
        part("node", NodeRun.self), part("network", NetworkInUse.self),
        part(.gossip, GossipStatus.Reply.self), part(.peers, PeerCounts.self),
        part(.verification, VerificationStatus.Reply.self),
        part(.identity, IdentityStatus.Reply.self),
        part(.reputation, ReputationStatus.Reply.self),
        part(.consensus, ConsensusStatus.Reply.self),
        part(.storage, StorageStatus.Reply.self), part(.sync, SyncStatus.Reply.self),
        part(.log, PersistenceStatus.Reply.self), part(.plugins, Plugins.Reply.self),
        Field("absent", "Subsystems that this node does not have, or that did not answer.") {
            $0.absent
        }.inOwnWords,
        .ifAny("digest", "Over all state that the log determines.") { $0.digest },
        .formed("digests", "Over that state, by subsystem.", .map(.id), isRequired: false) {
            $0.digestList
        },
    ]

    private static func part<R: Record>(_ part: StatusQuestion, _ type: R.Type)
        -> Field<StatusReport>
    {
        Self.part(part.rawValue, type)
    }

    private static func part<R: Record>(_ name: String, _ type: R.Type) -> Field<StatusReport> {
        .formed(name, R.about, R.schema, isRequired: false) { $0.part(name) }
    }
}
