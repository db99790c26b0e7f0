/// Bounds of the node's small files and of what the process needs.
package enum DirectoryLimits {
    /// Most bytes of the list of plug-ins.
    ///
    /// Source: own choice: sixteen manifests of the largest kind.
    static let pluginsBytesMax = 4_194_304

    /// Most bytes of a plug-in's log.
    ///
    /// Source: own choice: twice what the device writes.
    static let pluginLogBytesMax = 2_097_152

    /// Fewest bytes of the API token.
    ///
    /// Source: own choice: 128 bits as hexadecimal digits; `init` makes 64 bytes.
    static let tokenBytesMin = 32

    /// Most bytes of a small file of the data directory, such as the token.
    ///
    /// Source: own choice: the longest has 64 bytes.
    static let smallFileBytesMax = 4_096

    /// Bytes of the disk that an upgrade leaves beside what it copies.
    ///
    /// Source: own choice: the files of the upgrade itself, and the first commits after it.
    static let upgradeMarginBytes: UInt64 = 16_777_216

    /// Most bytes of the list of tokens.
    ///
    /// Source: ADR 0057: 512 tokens with labels of 128 bytes, each byte of which may be escaped.
    static let tokensBytesMax = 1_048_576

    /// Most bytes of config.toml.
    ///
    /// Source: own choice: a thousand addresses.
    static let configurationBytesMax = 262_144

    /// Most bytes of a network's description.
    ///
    /// Source: own choice: 100,000 founders.
    static let descriptionBytesMax = 16_777_216

    /// Most bytes of a table of autonomous systems.
    ///
    /// Source: own choice: four times the routing table of the whole Internet as text.
    static let operatorTableBytesMax = 134_217_728

    /// Most bytes of all hash databases together.
    ///
    /// Source: own choice: two million hashes, which take 64 MiB of memory.
    static let hashDatabaseBytesMax = 134_217_728

    /// Most bytes of the name of a hash database.
    ///
    /// Source: own choice: it goes into every flag of a match.
    static let hashDatabaseNameBytesMax = 64

    /// Most bytes of the address of a Unix socket.
    ///
    /// Source: unix(7): 108 with the final zero.
    static let socketPathBytesMax = 107

    /// Fewest file descriptors with which a node starts.
    ///
    /// Source: own choice: log, threads and listeners take about 40, the doors of the API
    /// an eighth each; the rest is for peers.
    static let descriptorsMin: UInt64 = 256

    /// File descriptors that a node asks for.
    ///
    /// Source: own choice: the swarm's 512 connections, the doors of the API, and as many for files.
    package static let descriptorsWanted: UInt64 = 4_096

    /// Most connections of each door of the local API.
    ///
    /// Source: own choice: 200 programs that wait for events, and some more.
    static let apiConnectionsMax = 256

    /// The part of all descriptors that each door of the local API may take.
    ///
    /// Source: own choice: three quarters stay for transport, log and artefacts.
    static let apiConnectionsDivisor: UInt64 = 8
}
