/// Why a node cannot start or go on, with the next step.
public enum NodeError: Error, Sendable, CustomStringConvertible {
    /// The data directory has no key.
    case notInitialised(path: String)
    /// The data directory has a key already.
    case alreadyInitialised(path: String)
    /// There is a key but no usable API token.
    case noToken(path: String)
    /// Others than the owner may read the API token, or what is kept of tokens.
    case tooOpen(path: String)
    /// The API token can be guessed, or is no text of visible ASCII characters.
    case weakToken(path: String, need: Int)
    /// Somebody else may listen where the command line looks for the node.
    case foreignSocket(path: String)
    /// The process may open too few files and connections.
    case tooFewDescriptors(have: UInt64, need: UInt64)
    /// A newer program made the data directory; `needs` is the first one that reads it.
    case newerDirectory(path: String, version: Int, needs: String, writtenBy: String, reads: Int)
    /// An older program made the data directory, and it has to be rewritten before this one may read it.
    case olderDirectory(path: String, version: Int)
    /// The disk has too little room for the copies of an upgrade.
    case noRoomToUpgrade(path: String, need: UInt64, free: UInt64)
    /// What an upgrade made is not what was there before; it is not used.
    case upgradeFailed(path: String, cause: String)
    /// There can be no data directory in that place.
    case unusableFolder(path: String, cause: String)
    /// Another node runs in the data directory.
    case inUse(path: String, process: Int32?)
    /// A file could not be read or written.
    case file(path: String, cause: String)
    /// The description of the network is not valid.
    case invalidNetwork(path: String, cause: String)
    /// The node belongs to another network than the one that is described; both by their hashes, or
    /// `none`.
    case otherNetwork(path: String, joined: String, described: String)
    /// A file is not one of those that `valence-node export` writes.
    case noLogFile(cause: String)
    /// A file holds the log of another network than the one that is described; both by their hashes, or
    /// `none`.
    case foreignLog(named: String, described: String)
    /// A multiaddr cannot be used.
    case invalidAddress(String, cause: String)
    /// A name cannot be that of a domain.
    case invalidDomain(String)
    /// Days of the storage market are to be shorter where the protocol's own apply.
    case shortDays
    /// The address of a direct peer does not say who must answer there.
    case directPeerWithoutKey(String)
    /// The log cannot be opened or replayed.
    case log(cause: String)
    /// The topology does not fit together.
    case topology(cause: String)
    /// No listen address could be bound.
    case cannotListen(cause: String)
    /// The local API could not be served.
    case cannotServe(cause: String)
    /// Three faults within a minute.
    case tooManyFaults(last: String)
    /// What the node needs does not fit into the memory that it may hold.
    case memoryTooSmall(cause: String)

    /// The cause in words.
    public var description: String {
        switch self {
        case .notInitialised(let path):
            "no node in \(path); create one with `valence-node init --data-dir \(path)`"
        case .alreadyInitialised(let path):
            "a node exists in \(path); start it with `valence-node run --data-dir \(path)`, "
                + "or choose another --data-dir"
        case .noToken(let path):
            "no API token in \(path); make one with `valence-node init --data-dir \(path)`, which "
                + "keeps the key"
        case .tooOpen(let path):
            "\(path) can be read by others; run `chmod 600 \(path)`, or remove it and make another "
                + "with `valence-node init` or `valence-node token new`"
        case .weakToken(let path, let need):
            "the API token in \(path) must have at least \(need) visible ASCII characters; remove it "
                + "and make another with `valence-node init`"
        case .foreignSocket(let path):
            "\(path) is not its owner's alone, so that another user may listen there; run "
                + "`chmod 700 \(path)` and start the node again"
        case .tooFewDescriptors(let have, let need):
            "this process may open \(have) files and connections, a node needs at least \(need); "
                + "raise the limit with `ulimit -n 1024`, or LimitNOFILE= in its unit"
        case .newerDirectory(let path, let version, let needs, let writtenBy, let reads):
            "\(path) has version \(version), made by valence-node \(writtenBy), and this is valence-node "
                + "\(NodeVersion.text), which reads versions up to \(reads); install valence-node \(needs) or "
                + "newer. Nothing was changed"
        case .olderDirectory(let path, let version):
            "\(path) has version \(version) and has to be upgraded first; start its node once, with "
                + "`valence-node run --data-dir \(path)`"
        case .noRoomToUpgrade(let path, let need, let free):
            "the upgrade of \(path) takes \(need) bytes more for a while, and the disk has \(free); make room "
                + "and start the node again. Nothing was changed"
        case .upgradeFailed(let path, let cause):
            "\(path) could not be upgraded: \(cause). Nothing was changed, so that the program that was there "
                + "before still runs in it; please report it"
        case .unusableFolder(let path, let cause):
            "\(path) cannot hold a node: \(cause); choose another place with --data-dir"
        case .inUse(let path, let process):
            "another node runs in \(path) (\(process.map { "pid \($0)" } ?? "pid unknown")); stop it, "
                + "or give this one its own --data-dir"
        case .file(let path, let cause):
            "\(path): \(cause)"
        case .invalidNetwork(let path, let cause):
            "the description of the network in \(path) is not valid: \(cause); make one with "
                + "`valence-node genesis new`"
        case .otherNetwork(let path, let joined, let described):
            "\(Self.past(joined)), and is now to \(Self.future(described)); start it as before, or "
                + "make another directory with `valence-node init --data-dir`; to change networks with "
                + "this one, remove \(path): the next start then takes the new network for this node's "
                + "own, keeps its key and its log, and counts every score anew by the new network's "
                + "founders and numbers"
        case .noLogFile(let cause):
            "the file is no log of a node: \(cause); make one with `valence-node export FILE`"
        case .foreignLog(let named, let described):
            "the file holds the log of \(Self.network(named)), and this node is \(Self.network(described)); "
                + "name the description of the file's network with --genesis, and a data directory that is "
                + "new or belongs to that network"
        case .invalidAddress(let address, let cause):
            "`\(address)` is not a usable address: \(cause); write e.g. /ip4/127.0.0.1/tcp/9090"
        case .invalidDomain(let name):
            "`\(name)` is not the name of a domain; write e.g. --bootstrap-domain example.org"
        case .shortDays:
            "days of the storage market have 24 hours in all profiles but local: other nodes count in "
                + "them; leave out --market-day-seconds, or try it with --profile local on all nodes of "
                + "a network of your own"
        case .directPeerWithoutKey(let address):
            "the direct peer `\(address)` has no key; write its address with /p2p/12D3Koo… at the end"
        case .log(let cause):
            cause
        case .topology(let cause):
            "the subsystems do not fit together: \(cause); see Sources/Node/Topology.swift"
        case .cannotListen(let cause):
            "\(cause); choose another address with --listen, or port 0 for a free one"
        case .cannotServe(let cause):
            cause
        case .memoryTooSmall(let cause): "three times within a minute, \(cause)"
        case .tooManyFaults(let last):
            "three faults within a minute, the last one: \(last); please report it with the log"
        }
    }

    private static func network(_ network: String) -> String {
        network == DataDirectory.noNetwork
            ? "a node without a description of a network"
            : "one in the network with the hash `\(network)`"
    }

    /// Where a node ran, by the hash of its network or `none`.
    private static func past(_ network: String) -> String {
        network == DataDirectory.noNetwork
            ? "this node ran without a description of a network so far, and heard others"
            : "this node first ran in the network with the hash `\(network)`"
    }

    /// Where a node is to run, by the hash of its network or `none`.
    private static func future(_ network: String) -> String {
        network == DataDirectory.noNetwork
            ? "run without --genesis" : "run in the network with the hash `\(network)`"
    }
}
