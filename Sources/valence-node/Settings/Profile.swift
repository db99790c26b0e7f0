import Cryptography
import Node

/// A set of defaults for one kind of machine (ADR 0076).
enum Profile: String, CaseIterable, Sendable {
    /// A machine of somebody who has other uses for it.
    case home
    /// A machine that is there for the node.
    case server
    /// Devnets and tests on one machine; lifts quotas and waits of admission, too.
    case local

    /// Which rules of admission apply.
    var admission: NodeSettings.Profile { self == .local ? .local : .standard }

    /// What it sets otherwise than what is built in.
    private var own: [String: [String]] {
        switch self {
        case .home: [:]
        case .server:
            [
                Setting.mdns.name: ["false"],
                Setting.maxConnections.name: ["512"],
                Setting.maxBandwidth.name: ["50MB"],
                Setting.maxMemory.name: ["2GiB"],
                Setting.maxDisk.name: ["100GiB"],
            ]
        case .local:
            [
                Setting.ntpServer.name: [],
                Setting.maxConnections.name: ["512"],
                Setting.maxBandwidth.name: ["1GB"],
                Setting.maxMemory.name: ["4GiB"],
                Setting.maxDisk.name: ["100GiB"],
            ]
        }
    }

    /// What it sets a setting to; nil when it leaves it alone.
    func value(_ setting: Setting) -> [String]? { self.own[setting.name] }

    /// What is built in; nil where the node decides by itself.
    static func builtIn(_ setting: Setting) -> [String]? { Self.standard[setting.name] }

    private static let standard: [String: [String]] = [
        "profile": [Profile.home.rawValue],
        "listen": NodeConfiguration.defaultListen,
        "reach": [NodeConfiguration.Reach.auto.rawValue],
        "relay": ["true"],
        "api-port": ["0"],
        "max-connections": ["128"],
        "max-bandwidth": ["5MB"],
        "max-memory": ["1GiB"],
        "max-disk": ["10GiB"],
        "market-day-seconds": ["86400"],
        "ntp": ["true"],
        "ntp-server": NodeConfiguration.defaultTimeServers,
        "genesis-node": ["false"],
        "believe-claims": ["false"],
        "ignore-collusion": ["false"],
        "ignore-bans": ["false"],
        "admit-undescribed": ["false"],
        "verifier": [SignatureVerifier.Kind.knownSenders.rawValue],
        "log-level": [LogLevel.notice.rawValue],
        "log-format": [LogFormat.text.rawValue],
    ]
}
