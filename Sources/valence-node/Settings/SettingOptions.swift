import ArgumentParser
import Foundation
import Node

/// Every setting as a flag, and where the others are written down.
struct SettingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file of settings; default: $VALENCE_CONFIG, or config.toml in the node's directory.",
            valueName: "file"
        )
    )
    var config: String?

    @Option(help: Setting.profile.help, completion: Setting.profile.completion)
    var profile: String?
    @Option(help: Setting.genesis.help, completion: .file())
    var genesis: String?
    @ArgumentParser.Flag(inversion: .prefixedNo, help: Setting.genesisNode.help)
    var genesisNode: Bool?
    @Option(help: Setting.listen.help)
    var listen: [String] = []
    @Option(help: Setting.externalAddress.help)
    var externalAddress: [String] = []
    @ArgumentParser.Flag(inversion: .prefixedNo, help: Setting.mdns.help)
    var mdns: Bool?
    @Option(help: Setting.reach.help, completion: Setting.reach.completion)
    var reach: String?
    @ArgumentParser.Flag(inversion: .prefixedNo, help: Setting.relay.help)
    var relay: Bool?
    @Option(help: Setting.bootstrap.help)
    var bootstrap: [String] = []
    @Option(help: Setting.bootstrapDomain.help)
    var bootstrapDomain: String?
    @Option(help: Setting.directPeer.help)
    var directPeer: [String] = []
    @Option(help: Setting.apiPort.help)
    var apiPort: String?
    @Option(help: Setting.maxConnections.help)
    var maxConnections: String?
    @Option(help: Setting.maxBandwidth.help)
    var maxBandwidth: String?
    @Option(help: Setting.maxMemory.help)
    var maxMemory: String?
    @Option(help: Setting.maxDisk.help)
    var maxDisk: String?
    @Option(help: Setting.keepArtefactsDays.help)
    var keepArtefactsDays: String?
    @Option(help: Setting.keepArtefactsBytes.help)
    var keepArtefactsBytes: String?
    @ArgumentParser.Flag(inversion: .prefixedNo, help: Setting.ntp.help)
    var ntp: Bool?
    @Option(help: Setting.ntpServer.help)
    var ntpServer: [String] = []
    @ArgumentParser.Flag(inversion: .prefixedNo, help: Setting.believeClaims.help)
    var believeClaims: Bool?
    @ArgumentParser.Flag(inversion: .prefixedNo, help: Setting.ignoreCollusion.help)
    var ignoreCollusion: Bool?
    @ArgumentParser.Flag(inversion: .prefixedNo, help: Setting.ignoreBans.help)
    var ignoreBans: Bool?
    @ArgumentParser.Flag(inversion: .prefixedNo, help: Setting.admitUndescribed.help)
    var admitUndescribed: Bool?
    @Option(help: Setting.verifier.help, completion: Setting.verifier.completion)
    var verifier: String?
    @Option(help: Setting.logLevel.help, completion: Setting.logLevel.completion)
    var logLevel: String?
    @Option(help: Setting.logFormat.help, completion: Setting.logFormat.completion)
    var logFormat: String?
    @Option(help: Setting.marketDaySeconds.help)
    var marketDaySeconds: String?

    /// Flags are looked at before anything is read, so that a slip of the keys is wrong usage.
    func validate() throws {
        do {
            _ = try Settings(given: self.given, environment: [:], file: nil)
        } catch {
            throw ValidationError("\(error)")
        }
        guard self.ntpServer.isEmpty || self.ntp != false else {
            throw ValidationError("--no-ntp asks no server; leave it out, or --ntp-server")
        }
    }

    /// What a node in a directory runs with; the file is read anew each time.
    ///
    /// - Throws: ``SettingsError`` with cause and next step.
    func settings(
        of directory: DataDirectory,
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SettingsError) -> Settings {
        try Settings(
            given: self.given,
            environment: environment,
            file: try SettingsFile.ofNode(in: directory, named: self.config, environment)
        )
    }

    /// The configuration of a node in a directory.
    ///
    /// - Throws: ``CommandFailure`` with cause and next step.
    func configuration(of directory: DataDirectory) throws(CommandFailure) -> NodeConfiguration {
        do {
            return try self.settings(of: directory).configuration(of: directory)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    /// What flags say, by the names of settings.
    private var given: [String: [String]] {
        let words: [(Setting, [String])] = [
            (.profile, Self.words(self.profile)), (.genesis, Self.words(self.genesis)),
            (.genesisNode, Self.words(self.genesisNode)), (.listen, self.listen),
            (.externalAddress, self.externalAddress), (.mdns, Self.words(self.mdns)),
            (.reach, Self.words(self.reach)), (.relay, Self.words(self.relay)),
            (.bootstrap, self.bootstrap), (.bootstrapDomain, Self.words(self.bootstrapDomain)),
            (.directPeer, self.directPeer), (.apiPort, Self.words(self.apiPort)),
            (.maxConnections, Self.words(self.maxConnections)),
            (.maxBandwidth, Self.words(self.maxBandwidth)),
            (.maxMemory, Self.words(self.maxMemory)), (.maxDisk, Self.words(self.maxDisk)),
            (.keepArtefactsDays, Self.words(self.keepArtefactsDays)),
            (.keepArtefactsBytes, Self.words(self.keepArtefactsBytes)),
            (.ntp, Self.words(self.ntp)), (.ntpServer, self.ntpServer),
            (.believeClaims, Self.words(self.believeClaims)),
            (.ignoreCollusion, Self.words(self.ignoreCollusion)),
            (.ignoreBans, Self.words(self.ignoreBans)),
            (.admitUndescribed, Self.words(self.admitUndescribed)),
            (.verifier, Self.words(self.verifier)),
            (.logLevel, Self.words(self.logLevel)), (.logFormat, Self.words(self.logFormat)),
            (.marketDaySeconds, Self.words(self.marketDaySeconds)),
        ]
        return Dictionary(
            uniqueKeysWithValues: words.filter { !$0.1.isEmpty }.map { ($0.0.name, $0.1) }
        )
    }

    private static func words<Value>(_ value: Value?) -> [String] { value.map { ["\($0)"] } ?? [] }
}
