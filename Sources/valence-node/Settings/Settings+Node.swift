import Cryptography
import Foundation
import Node
import Primitives
import SNTP
import StorageMarket

// What settings mean for a node.

extension Settings {
    /// The configuration of a node in a directory.
    ///
    /// - Throws: ``SettingsError`` that names the setting.
    func configuration(of directory: DataDirectory) throws(SettingsError) -> NodeConfiguration {
        var configuration = NodeConfiguration(
            dataDirectory: directory,
            listen: self.list(.listen),
            external: self.list(.externalAddress),
            findsLocalPeers: self.flag(.mdns),
            reach: self.text(.reach).flatMap(NodeConfiguration.Reach.init) ?? .auto,
            servesAsRelay: self.flag(.relay) ?? true,
            apiPort: Int(self.number(.apiPort) ?? 0),
            profile: self.profile.admission,
            bootstrap: self.list(.bootstrap),
            bootstrapDomain: self.text(.bootstrapDomain),
            direct: self.list(.directPeer),
            genesisPath: self.genesisPath,
            isGenesisNode: self.flag(.genesisNode) ?? false,
            policy: LocalPolicy(
                believesClaims: self.flag(.believeClaims) ?? false,
                detectsCollusion: self.flag(.ignoreCollusion) != true,
                enforcesBans: self.flag(.ignoreBans) != true,
                admitsUndescribed: self.flag(.admitUndescribed) ?? false
            )
        )
        configuration.caps = self.caps
        configuration.retention = ArtefactRetention(
            days: self.number(.keepArtefactsDays),
            bytes: self.number(.keepArtefactsBytes)
        )
        configuration.verifier =
            self.text(.verifier).flatMap(SignatureVerifier.Kind.init) ?? .knownSenders
        configuration.timeServers = try self.timeServers
        configuration.calendar =
            self.number(.marketDaySeconds).flatMap { MarketCalendar(daySeconds: $0) } ?? .standard
        return configuration
    }

    /// What the node takes of its machine at most.
    var caps: Caps {
        var caps = Caps()
        caps.connections = self.number(.maxConnections).map { Int($0) }
        caps.bytesPerSecond = self.number(.maxBandwidth)
        caps.memoryBytes = self.number(.maxMemory)
        caps.diskBytes = self.number(.maxDisk)
        return caps
    }

    /// How much it logs.
    var level: LogLevel { self.text(.logLevel).flatMap(LogLevel.init) ?? .notice }

    /// How it logs.
    var format: LogFormat { self.text(.logFormat).flatMap(LogFormat.init) ?? .text }

    /// In a file, a path that begins with no slash begins at the folder of the file.
    private var genesisPath: String? {
        guard let entry = self.entry(.genesis), let word = entry.words.first else { return nil }
        guard case .file(let path) = entry.origin, !word.hasPrefix("/"), !word.hasPrefix("~") else {
            return CommonOptions.absolute(word)
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return CommonOptions.absolute("\(folder)/\(word)")
    }

    private var timeServers: [String] {
        get throws(SettingsError) {
            guard self.flag(.ntp) ?? true else { return [] }
            let servers = self.list(.ntpServer)
            for server in servers where ServerName(server) == nil {
                throw SettingsError("`\(server)` is no time server; write host or host:port")
            }
            return servers
        }
    }
}
