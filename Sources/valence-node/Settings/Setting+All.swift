import Cryptography
import Messages
import Node
import Sync

// Every setting there is; one more is a line here and one where it is used.

extension Setting {
    static let listen = Setting(
        "listen",
        .list("multiaddr"),
        "A multiaddr to listen on; may be repeated. Port 0 takes a free one."
    )
    static let externalAddress = Setting(
        "external-address",
        .list("multiaddr"),
        "A multiaddr at which others reach this node, such as the one of a router that forwards "
            + "to it; announced instead of where it listens. May be repeated."
    )
    static let mdns = Setting(
        "mdns",
        .flag,
        "Find nodes of the local network by multicast DNS, and be found; by default, unless the node "
            + "listens on loopback addresses alone."
    )
    static let reach = Setting(
        "reach",
        .choice(NodeConfiguration.Reach.allCases.map(\.rawValue)),
        "Whether others can dial this node; with auto, peers find out by trying."
    )
    static let relay = Setting(
        "relay",
        .flag,
        "Relay for nodes that cannot be dialled, within narrow bounds, while this node can be dialled."
    )
    static let apiPort = Setting(
        "api-port",
        .number("port", 0...65_535),
        "TCP port of the local API on 127.0.0.1; 0 takes a free one."
    )
    static let bootstrap = Setting(
        "bootstrap",
        .list("multiaddr"),
        "A well-known node to start from, best with /p2p/…; may be repeated."
    )
    static let bootstrapDomain = Setting(
        "bootstrap-domain",
        .text("domain"),
        "A domain whose TXT records below _valence-bootstrap._tcp name nodes to start from, when no "
            + "other address leads to one; by default that of the network's description, if any."
    )
    static let directPeer = Setting(
        "direct-peer",
        .list("multiaddr"),
        "A node with which this one exchanges every message, whatever its score; an address with "
            + "/p2p. That node must name this one as well. May be repeated."
    )
    static let profile = Setting(
        "profile",
        .choice(Profile.allCases.map(\.rawValue)),
        "Defaults for a machine: home; server, with more of everything; or local, for devnets and tests, "
            + "which also lifts quotas and waits."
    )
    static let marketDaySeconds = Setting(
        "market-day-seconds",
        .number("seconds", 10...86_400),
        "Seconds of a day of the storage market; hours, weeks and what is counted in them shrink alike. "
            + "For trials: only with the profile local, and the same on all nodes."
    )
    static let ntp = Setting(
        "ntp",
        .flag,
        "Compare the clock with time servers."
    )
    static let ntpServer = Setting(
        "ntp-server",
        .list("host"),
        "A time server, as host or host:port, with which the node compares its clock at the start and "
            + "every six hours; it warns when they differ and sets nothing. May be repeated. With the "
            + "profile local there is none by default."
    )
    static let genesis = Setting(
        "genesis",
        .text("file"),
        "The description of the network, from `valence-node genesis new`."
    )
    static let genesisNode = Setting(
        "genesis-node",
        .flag,
        "This node founds the network: it is synced from the start."
    )
    static let believeClaims = Setting(
        "believe-claims",
        .flag,
        "Let comments that verify claims move reputation, once three identities agree."
    )
    static let ignoreCollusion = Setting(
        "ignore-collusion",
        .flag,
        "Do not lower the scores of identities that always vote alike."
    )
    static let ignoreBans = Setting(
        "ignore-bans",
        .flag,
        "Accept messages of identities that the network banned."
    )
    static let admitUndescribed = Setting(
        "admit-undescribed",
        .flag,
        "Accept nodes that do not say which network they belong to, such as other software."
    )
    static let verifier = Setting(
        "verifier",
        .choice(SignatureVerifier.Kind.allCases.map(\.rawValue)),
        "Who verifies signatures: tables for keys that sign again and again, which libsodium watches; or "
            + "libsodium alone, several times as slow. The verdicts are the same."
    )
    static let logLevel = Setting(
        "log-level",
        .choice(LogLevel.allCases.map(\.rawValue)),
        isReloaded: true,
        "How much the node logs."
    )
    static let logFormat = Setting(
        "log-format",
        .choice(LogFormat.allCases.map(\.rawValue)),
        "text, for people; or json, an object a line with stable names of events."
    )
    static let maxConnections = Setting(
        "max-connections",
        .number("count", 16...1_024),
        isReloaded: true,
        "Most connections with peers, and attempts to make one."
    )
    static let maxBandwidth = Setting(
        "max-bandwidth",
        .bytes(250_000...SyncConfiguration.bandwidths.upperBound),
        isReloaded: true,
        "Most bytes a second that come from peers, and that go to them; syncing takes half of it."
    )
    static let maxMemory = Setting(
        "max-memory",
        .bytes(134_217_728...1_099_511_627_776),
        isReloaded: true,
        "Most memory beside mapped files; close to it no stranger is let in, and at it the node starts "
            + "again from its log."
    )
    static let maxDisk = Setting(
        "max-disk",
        .bytes(134_217_728...1_125_899_906_842_624),
        isReloaded: true,
        "Most bytes of log and artefacts on the disk; own messages and governance keep a part of it."
    )
    static let keepArtefactsDays = Setting(
        "keep-artefacts-days",
        .number("days", 1...36_500),
        "Days after which fetched artefacts go that this node neither offers nor adopted nor owes, and that "
            + "others have; by default never."
    )
    static let keepArtefactsBytes = Setting(
        "keep-artefacts-bytes",
        .bytes(0...1_125_899_906_842_624),
        "Bytes of such artefacts that stay, the newest; by default all."
    )

    /// All of them, in the order in which they are shown.
    static let all = [
        Self.profile, Self.genesis, Self.genesisNode, Self.listen, Self.externalAddress, Self.mdns,
        Self.reach, Self.relay, Self.bootstrap, Self.bootstrapDomain, Self.directPeer, Self.apiPort,
        Self.maxConnections, Self.maxBandwidth, Self.maxMemory, Self.maxDisk,
        Self.keepArtefactsDays, Self.keepArtefactsBytes, Self.ntp, Self.ntpServer,
        Self.believeClaims, Self.ignoreCollusion, Self.ignoreBans, Self.admitUndescribed,
        Self.verifier,
        Self.logLevel, Self.logFormat, Self.marketDaySeconds,
    ]
}
