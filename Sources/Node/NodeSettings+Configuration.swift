import Sync

extension NodeSettings {
    /// What the operator decided about a data directory, and what lies in it.
    ///
    /// - Throws: ``NodeError`` with cause and next step.
    init(_ configuration: NodeConfiguration) throws(NodeError) {
        let directory = configuration.dataDirectory
        self.init(
            key: try directory.loadKey(),
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
        self.restored = try directory.loadRestoredKey()
        self.hashDatabases = try directory.loadHashDatabases()
        self.plugins = try directory.loadPlugins()
        self.calendar = configuration.calendar
        self.retention = configuration.retention
        self.bandwidth = configuration.caps.bytesPerSecond ?? SyncConfiguration.defaultBandwidth
        try self.checkCalendar()
        try self.checkAddresses(own: configuration.external)
    }
}
