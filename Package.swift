// swift-tools-version: 6.2
import PackageDescription

// Every target is made by one of the small functions below, so that a new layer, device or
// subsystem is one line. The order is the architecture: an arrow upwards does not compile.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func library(
    _ name: String,
    path: String? = nil,
    _ dependencies: [Target.Dependency] = [],
    resources: [Resource]? = nil
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: path ?? "Sources/\(name)",
        resources: resources,
        swiftSettings: settings
    )
}

/// Arithmetic, which without optimisation would take a hundred times as long; so it is optimised in every build.
func optimised(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Sources/\(name)",
        swiftSettings: settings + [
            .unsafeFlags(["-O"], .when(configuration: .debug))
        ]
    )
}

/// One layer of our libp2p stack; it knows nothing of Valence or of the kernel.
func layer(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    library(name, path: "Sources/LibP2P/\(name)", dependencies)
}

/// One subsystem: an actor around a pure state machine.
func subsystem(_ name: String, drives engine: [Target.Dependency] = []) -> Target {
    library(
        name,
        path: "Sources/Actors/\(name)",
        ["Kernel", "Messages", "Primitives", "Cryptography", "Checkpoints"] + engine
    )
}

/// A device whose dependency is too large for the subsystem that owns it.
func device(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    library(name, path: "Sources/Devices/\(name)", dependencies)
}

func program(
    _ name: String,
    path: String,
    _ dependencies: [Target.Dependency],
    resources: [Resource]? = nil,
    exporting symbol: String? = nil
) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: path,
        resources: resources,
        swiftSettings: settings,
        linkerSettings: symbol.map {
            [.unsafeFlags(["-Xlinker", "--export-dynamic-symbol=\($0)"])]
        }
    )
}

/// Tests are compiled without optimisation, which would take as long as all that they try (ADR 0070).
let testSettings = settings + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

func tests(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency] = [])
    -> Target
{
    .testTarget(
        name: "\(name)Tests",
        dependencies: dependencies,
        path: path ?? "Tests/\(name)Tests",
        swiftSettings: testSettings
    )
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let embeddedNIO = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let tls: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOTLS", package: "swift-nio"),
    .product(name: "X509", package: "swift-certificates"),
    .product(name: "SwiftASN1", package: "swift-asn1"),
    .product(name: "Crypto", package: "swift-crypto"),
]
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let collections: [Target.Dependency] = ["DequeModule", "HeapModule", "OrderedCollections"].map {
    .product(name: $0, package: "swift-collections")
}
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let httpParts = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let httpClient: [Target.Dependency] = [
    httpTypes, httpParts,
    .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]
let hummingbird: [Target.Dependency] = ["Hummingbird", "HummingbirdCore"].map {
    .product(name: $0, package: "hummingbird")
}

let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")

/// What the pages of the dashboard are made of; part of the program, so that nothing lies beside it.
let dashboardPages: [Resource] = [
    "page", "overview", "proposals", "proposal", "reputation", "peers", "storage", "sync",
    "topology", "events", "notice", "entrance", "figures", "table", "bar",
].map { .embedInCode("Resources/\($0).mustache") }
let dashboardFiles: [Resource] = ["style.css", "live.js", "icon.svg"].map {
    .embedInCode("Resources/\($0)")
}

let serviceLifecycle = Target.Dependency.product(
    name: "ServiceLifecycle",
    package: "swift-service-lifecycle"
)
let unixSignals = Target.Dependency.product(
    name: "UnixSignals",
    package: "swift-service-lifecycle"
)

let settingsLibraries: [Target.Dependency] = [
    .product(name: "Configuration", package: "swift-configuration"),
    .product(name: "TOMLKit", package: "TOMLKit"),
]

let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")

let subsystems: [Target.Dependency] = [
    "Gossip", "Peers", "Verification", "Identity", "Reputation", "Consensus", "StorageMarket",
    "Sync", "Persistence", "LocalAPI", "Chronicle", "Events", "PluginHost",
]

let sources: [Target] = [
    // System libraries.
    .systemLibrary(
        name: "CSodium",
        path: "Sources/Shims/CSodium",
        providers: [.apt(["libsodium-dev"])]
    ),
    .systemLibrary(name: "CLMDB", path: "Sources/Shims/CLMDB", providers: [.apt(["liblmdb-dev"])]),
    .systemLibrary(
        name: "COpenSSL",
        path: "Sources/Shims/COpenSSL",
        providers: [.apt(["libssl-dev"])]
    ),
    .systemLibrary(name: "CSpawn", path: "Sources/Shims/CSpawn"),
    .systemLibrary(name: "CMalloc", path: "Sources/Shims/CMalloc"),
    .systemLibrary(name: "CPrefetch", path: "Sources/Shims/CPrefetch"),
    // Ours, not the system's; optimised in every build, like the arithmetic below.
    .target(
        name: "CSHA256",
        path: "Sources/Shims/CSHA256",
        cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]
    ),

    // Foundations.
    library("Primitives", ["COpenSSL", "CSHA256"]),
    optimised("KnownSenders", ["Primitives", "CPrefetch"]),
    library("Cryptography", ["KnownSenders", "Primitives", "CSodium"]),

    // The libp2p stack, lowest layer first.
    layer("Multiformats", ["Primitives", "Cryptography"]),
    layer("MultistreamSelect", ["Multiformats"]),
    layer("Noise", ["Multiformats", "Primitives", "Cryptography"]),
    layer("TLS", ["Multiformats", "Primitives", "Cryptography"] + tls),
    layer("Yamux"),
    layer("GossipSub", ["Multiformats", "Primitives", "Cryptography"] + collections),
    layer("Relay", ["Multiformats", "Cryptography"]),
    layer("Discovery", ["Multiformats", "Cryptography"] + nio),
    layer(
        "Swarm",
        [
            "Multiformats", "MultistreamSelect", "Noise", "TLS", "Yamux", "Relay", "Discovery",
            "Primitives", "Cryptography", logging,
            .product(name: "NIOTLS", package: "swift-nio"),
        ] + nio + collections
    ),

    // How operations, their arguments and their answers are described to every door.
    library("Doors", ["Primitives"]),

    // What agents say to a node, and what it answers, over the Model Context Protocol.
    library("MCP", ["Doors", "Primitives"]),

    // The microkernel and what subsystems say to each other.
    library("Kernel", [logging] + collections),
    library("Messages", ["Kernel", "Doors", "Primitives", "Cryptography"]),

    // Folded state as bytes, so that a start need not fold a long log again.
    library("Checkpoints", ["Kernel", "Messages", "Primitives"] + collections),

    // How texts of others are shown to people, at whatever door.
    library("Readable", ["Primitives"]),

    // Pages for the operator's browser, from what the node answers.
    library(
        "Dashboard",
        ["Kernel", "Doors", "Readable", "Primitives", mustache],
        resources: dashboardPages + dashboardFiles
    ),

    // Which key acts for whom; three subsystems fold it.
    library("Identities", ["Messages", "Primitives", "Cryptography"] + collections),

    // The subsystems; none knows another.
    subsystem("Gossip", drives: ["GossipSub", "Multiformats"] + collections),
    subsystem("Peers", drives: ["Multiformats"] + collections),
    subsystem("Verification", drives: [logging] + collections),
    subsystem("Identity", drives: ["Identities", logging] + collections),
    subsystem("Reputation", drives: ["Identities", "Multiformats"] + collections),
    subsystem("Consensus", drives: ["Identities"] + collections),
    subsystem("StorageMarket", drives: ["Identities", logging] + collections),
    subsystem("Sync", drives: [logging] + collections),
    subsystem("Persistence", drives: ["CLMDB", logging] + collections),
    subsystem("LocalAPI", drives: ["Doors"] + collections),
    subsystem("Chronicle", drives: ["Multiformats"] + collections),
    subsystem("Events", drives: collections),
    subsystem("PluginHost", drives: ["Doors"] + collections),
    // Has no place in a running node.
    subsystem("Importer"),

    // Devices with large dependencies.
    device(
        "SwarmTransport",
        [
            "Gossip", "GossipSub", "Kernel", "Messages", "Swarm", "Relay", "Discovery",
            "Multiformats", "Primitives", "Cryptography", logging,
        ] + nio
    ),
    device(
        "HTTPServer",
        [
            "LocalAPI", "MCP", "Dashboard", "Doors", "Exposition", "Kernel", "Messages",
            "Primitives", httpTypes, httpParts, logging, metrics, serviceLifecycle,
        ] + hummingbird + nio
    ),
    device("Exposition", [coreMetrics]),
    device(
        "ChildProcesses",
        ["PluginHost", "Doors", "Kernel", "Messages", "Primitives", "CSpawn", logging]
            + collections
    ),
    device("SNTP", ["Verification", "Kernel", "Cryptography"] + nio),

    // The assembled node.
    library(
        "Node",
        [
            "Kernel", "Messages", "Doors", "Primitives", "Cryptography", "Multiformats",
            "SwarmTransport", "HTTPServer", "ChildProcesses", "SNTP", "Importer", "CMalloc",
            logging,
        ] + subsystems
    ),
    library(
        "Simulation",
        [
            "Kernel", "Messages", "Primitives", "Cryptography", "Node", "Multiformats", "GossipSub",
            "Checkpoints", logging,
        ] + subsystems + collections
    ),
    program(
        "valence-node",
        path: "Sources/valence-node",
        [
            "Node", "Simulation", "Importer", "SNTP", "SwarmTransport", "Sync", "StorageMarket",
            "LocalAPI", "MCP", "Readable", "Doors", "Messages", "Primitives",
            "Cryptography", argumentParser, logging, unixSignals,
        ] + httpClient + nio + collections + settingsLibraries,
        // Part of the program, so that it finds them wherever it lies.
        resources: ["SKILL.md", "HEARTBEAT.md"].map {
            .embedInCode("Resources/valence-node/\($0)")
        }
    ),
    // A plug-in in Swift; those in Python are beside it.
    program("autopilot", path: "examples/autopilot", []),
    program(
        "bench",
        path: "Benchmarks/bench",
        [
            "Kernel", "Messages", "Primitives", "Cryptography", "GossipSub", "Multiformats",
            "Persistence", "StorageMarket", "Reputation", "Verification", "LocalAPI", "Node",
            "SwarmTransport", "Swarm", "GossipHost", "CMalloc", argumentParser, logging,
        ] + hummingbird + httpClient + nio,
        // LMDB is to find the one of the bench, which counts.
        exporting: "fdatasync"
    ),
    library(
        "GossipHost",
        path: "Benchmarks/GossipHost",
        ["GossipSub", "Swarm", "Relay", "Multiformats", "Cryptography"] + nio
    ),
    program(
        "fan-out",
        path: "Benchmarks/fan-out",
        ["GossipSub", "Swarm", "Multiformats", "Cryptography", argumentParser] + nio
    ),
    program(
        "swarm-host",
        path: "Tests/Interop/SwarmHost",
        [
            "GossipHost", "GossipSub", "Swarm", "Relay", "Multiformats", "Primitives",
            "Cryptography", argumentParser,
        ] + nio
    ),
    program(
        "gossip-evaluation",
        path: "Benchmarks/gossip-evaluation",
        ["GossipSub", "Multiformats", "Primitives", "Cryptography", argumentParser]
    ),
]

/// A test target for one subsystem.
func subsystemTests(_ name: String, _ more: [Target.Dependency] = []) -> Target {
    tests(
        name,
        path: "Tests/Actors/\(name)Tests",
        [
            .init(stringLiteral: name), "TestSupport", "Messages", "Kernel", "Primitives",
            "Cryptography",
        ] + collections + more
    )
}

/// A test target for one layer of the libp2p stack.
func layerTests(_ name: String, _ more: [Target.Dependency] = []) -> Target {
    tests(name, path: "Tests/LibP2P/\(name)Tests", [.init(stringLiteral: name)] + more)
}

let testTargets: [Target] = [
    // What several test targets share: keys with names, drafts of every message, the models' cast, the
    // walk through what state machines hold, and the lines of a log.
    library(
        "TestSupport",
        path: "Tests/Support",
        ["Identities", "Messages", "Primitives", "Cryptography", logging]
    ),

    tests("Primitives", ["Primitives"]),
    tests("Cryptography", ["Cryptography", "KnownSenders", "Primitives"]),
    tests("KnownSenders", ["KnownSenders", "Cryptography", "CSodium", "Primitives"]),
    tests("Checkpoints", ["Checkpoints", "Primitives"] + collections),
    layerTests("Multiformats", ["Cryptography", "Primitives"]),
    layerTests("MultistreamSelect", ["Primitives"]),
    layerTests("Noise", ["Multiformats", "Cryptography", "Primitives"]),
    layerTests("TLS", ["Multiformats", "Cryptography", "Primitives", embeddedNIO] + tls),
    layerTests("Yamux", ["Primitives"]),
    layerTests("GossipSub", ["Multiformats", "Cryptography", "Primitives"]),
    // What both of the next two answer with when they stand in for the network.
    library("StackSupport", path: "Tests/LibP2P/Support", ["Discovery"] + nio),
    layerTests("Relay", ["Multiformats", "Cryptography", "Primitives"]),
    layerTests("Discovery", ["StackSupport", "Multiformats", "Cryptography"] + nio),
    layerTests(
        "Swarm",
        [
            "StackSupport", "Relay", "Discovery", "GossipSub", "Multiformats",
            "MultistreamSelect", "Noise", "TLS", "Yamux", "Cryptography", "Primitives",
            embeddedNIO, logging,
        ] + nio
    ),
    tests("Doors", ["Doors", "Primitives"]),
    tests("MCP", ["MCP", "LocalAPI", "Almanac", "Doors", "Messages", "Primitives"]),
    tests("Kernel", ["Kernel", logging]),
    tests("Dashboard", ["Dashboard", "Doors", "Kernel", "Primitives"]),
    tests("SNTP", ["SNTP", "Verification", "Kernel"] + nio),
    tests("Messages", ["Messages", "Kernel", "Primitives", "Cryptography"]),
    subsystemTests("Gossip", ["GossipSub", "Multiformats"]),
    subsystemTests("Peers", ["Multiformats"]),
    subsystemTests("Verification"),
    tests(
        "Identities",
        ["Identities", "TestSupport", "Messages", "Primitives", "Cryptography"] + collections
    ),
    subsystemTests("Identity", ["Identities"]),
    subsystemTests("Reputation", ["Identities", "Multiformats"]),
    subsystemTests("Consensus", ["Identities"]),
    subsystemTests("StorageMarket", ["Identities", "Reputation"]),
    subsystemTests("Sync"),
    subsystemTests("Persistence", ["CLMDB", logging]),
    subsystemTests("LocalAPI", ["Doors"]),
    subsystemTests("Chronicle"),
    subsystemTests("Events"),
    subsystemTests("PluginHost", ["Doors"]),
    subsystemTests("Importer"),
    tests(
        "Simulation",
        ["Simulation", "Node", "LocalAPI", "Kernel", "Messages", "Primitives", "Cryptography"]
    ),
    tests(
        "Node",
        [
            "Node", "Simulation", "SwarmTransport", "Swarm", "StackSupport", "Discovery",
            "Multiformats", "LocalAPI", "Persistence", "StorageMarket", "Kernel", "Messages",
            "Primitives", "Cryptography", logging,
        ] + nio
    ),
    // The server of the local API and the commands that talk to it, without a node behind it.
    tests(
        "FrontDoor",
        [
            "valence-node", "TestSupport", "Almanac", "HTTPServer", "Exposition", "LocalAPI",
            "Doors", "Node", "Simulation", coreMetrics,
            "Kernel", "Messages", "Primitives", "Cryptography", argumentParser, logging,
            embeddedNIO, httpTypes, httpParts,
        ] + nio
    ),
    tests(
        "Conformance",
        [
            "TestSupport", "Gossip", "GossipSub", "Multiformats", "Noise", "Swarm", "Node",
            "Messages", "Primitives", "Cryptography", "Kernel", "Verification",
            "Peers", "Identities", "Identity", "Reputation", "Consensus", "StorageMarket", "Sync",
            "Persistence",
        ] + collections
    ),
    library(
        "Almanac",
        path: "Tests/Plugins/Almanac",
        ["Doors", "Kernel", "Messages", "Primitives"] + collections
    ),
    tests(
        "Plugin",
        ["Almanac", "Simulation", "LocalAPI", "Kernel", "Messages", "Primitives", "Cryptography"]
    ),
    tests("Architecture"),
]

// While one works on a few suites, `make test ONLY="Sync Peers"` builds these and nothing else.
let chosenSuites = Context.environment["VALENCE_TESTS"].map { suites in
    Set(suites.split(separator: " ").map { "\($0)Tests" })
}

func isWanted(_ target: Target) -> Bool {
    guard target.type == .test, let chosenSuites else { return true }
    return chosenSuites.contains(target.name)
}

// libFuzzer brings its own `main`, so the fuzzer is a product only where it is asked for.
let fuzzers: [Target] =
    Context.environment["VALENCE_FUZZ"] == nil
    ? []
    : [
        program(
            "fuzz",
            path: "Tests/Fuzz/Sources",
            [
                "Multiformats", "MultistreamSelect", "Noise", "Yamux", "GossipSub", "Relay",
                "Discovery", "Swarm", "Messages", "Primitives", "Cryptography",
            ]
        )
    ]

let package = Package(
    name: "valence-node",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        // Its servers are set up in code: without traits its own reader of settings is not compiled.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird",
            from: "2.28.1",
            traits: []
        ),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Without traits: files, command lines and logs are ours.
        .package(
            url: "https://github.com/apple/swift-configuration",
            from: "1.4.0",
            traits: []
        ),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: sources + testTargets.filter(isWanted) + fuzzers
)
