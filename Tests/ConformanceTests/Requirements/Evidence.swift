/// What a test runs; the weakest kind first.
enum EvidenceKind: Int, CaseIterable, Comparable {
    /// A reader, a writer or a formula, apart from the node that uses it.
    case schema
    /// A state machine or an actor, which is told what a node hears.
    case machine
    /// Whole nodes: processes, sockets, or a simulated network.
    case process

    /// The kind as the table names it.
    var name: String {
        switch self {
        case .schema: "schema"
        case .machine: "state machine"
        case .process: "process"
        }
    }

    static func < (one: EvidenceKind, other: EvidenceKind) -> Bool {
        one.rawValue < other.rawValue
    }

    /// The kind of the tests in a file; nil where no rule says what lies there.
    ///
    /// - Parameter path: below `Tests`.
    /// - Returns: the kind.
    static func ofTests(in path: String) -> EvidenceKind? {
        self.places.first { path.hasPrefix($0.prefix) }?.kind
    }

    /// What lies where; the first prefix that fits decides.
    private static let places: [(prefix: String, kind: EvidenceKind)] = [
        // Readers and writers beside the machines that use them.
        ("Actors/PersistenceTests/RecordCodecTests", .schema),
        ("ConformanceTests/External/", .schema),
        ("ConformanceTests/PrimitiveVectors/", .schema),
        ("LibP2P/MultiformatsTests/", .schema),
        ("CheckpointsTests/", .schema),
        ("CryptographyTests/", .schema),
        ("KnownSendersTests/", .schema),
        ("DashboardTests/", .schema),
        ("DoorsTests/", .schema),
        ("FrontDoorTests/", .schema),
        ("MCPTests/", .schema),
        ("MessagesTests/", .schema),
        ("PrimitivesTests/", .schema),
        ("SNTPTests/TimeQuestionTests", .schema),
        ("ArchitectureTests/", .schema),
        // Whole nodes, and transports on real sockets; settings are read without starting a node.
        ("Faults/", .process),
        ("Interop/", .process),
        ("LibP2P/SwarmTests/", .process),
        ("LibP2P/TLSTests/TLSCertificateTests", .schema),
        ("NodeTests/DirectoryTests", .machine),
        ("NodeTests/", .process),
        ("PluginTests/", .process),
        ("SNTPTests/", .process),
        ("SimulationTests/", .process),
        ("Stories/", .process),
        // Machines and actors.
        ("Actors/", .machine),
        ("ConformanceTests/", .machine),
        ("IdentitiesTests/", .machine),
        ("KernelTests/", .machine),
        ("LibP2P/", .machine),
    ]
}

/// One thing that shows a row.
struct Evidence: Comparable {
    let kind: EvidenceKind
    /// The test or the suite of vectors.
    let source: String

    /// The strongest kind comes first.
    static func < (one: Evidence, other: Evidence) -> Bool {
        one.kind == other.kind ? one.source < other.source : one.kind > other.kind
    }
}
