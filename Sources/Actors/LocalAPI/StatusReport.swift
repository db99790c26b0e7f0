import Kernel
import Messages
import Primitives

/// Collects what the subsystems say of themselves into one object.
struct StatusReport: Sendable, Equatable {
    private(set) var open: Int
    private var members: [(name: String, value: JSONValue)]
    private var digests: [(name: String, digest: Bytes32)] = []
    private var absent: [String]

    static func == (left: Self, right: Self) -> Bool {
        left.json.canonicalBytes() == right.json.canonicalBytes()
    }

    /// Expects so many parts beside those that are known; `absent` names the subsystems that this
    /// node does not have.
    init(parts: Int, absent: [String], known: [(String, JSONValue)] = []) {
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

    /// The whole report; its `digest` covers the replayable state of all subsystems.
    var json: JSONValue {
        let parts = self.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return .object(
            parts.map { ($0.name, $0.value) } + [
                ("absent", .array(self.absent.map { .string($0) })),
                ("digest", .string(self.digest.hex)),
                ("digests", self.digestList),
            ]
        )
    }

    private var digestList: JSONValue {
        let sorted = self.digests.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return .object(sorted.map { ($0.name, .string($0.digest.hex)) })
    }

    private var digest: Bytes32 { SHA256Digest.hash(self.digestList.canonicalBytes()) }
}
