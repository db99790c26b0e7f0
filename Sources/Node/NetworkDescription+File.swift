import Messages
import Multiformats
import Primitives

// Reading and writing a network's description.
extension NetworkDescription {
    private struct Flaw: Error, CustomStringConvertible {
        let description: String
    }

    private static let members = [
        "asn_table", "bootstrap", "bootstrap_domain", "founders", "name", "parameters",
    ]

    /// Reads a description.
    ///
    /// - Throws: ``NodeError/invalidNetwork(path:cause:)`` that names the member and what it must be.
    public init(path: String) throws(NodeError) {
        let bytes = try Files.read(path, upTo: DirectoryLimits.descriptionBytesMax)
        do {
            let document = try JSONDocument(scanning: bytes)
            let operators = try document.root["asn_table"].map {
                try OperatorTable($0) {
                    try Files.read(
                        Self.place($0, beside: path),
                        upTo: DirectoryLimits.operatorTableBytesMax
                    )
                }
            }
            try self.init(document.root, operators)
        } catch {
            throw .invalidNetwork(path: path, cause: "\(error)")
        }
    }

    /// The hash of a description as text; nil where it names a table that lies in another file.
    ///
    /// - Throws: ``NodeError/invalidNetwork(path:cause:)``.
    static func hash(ofText bytes: [UInt8], in path: String) throws(NodeError) -> String? {
        do {
            let root = try JSONDocument(scanning: bytes).root
            guard root["asn_table"] == nil else { return nil }
            return try NetworkDescription(root, nil).hash?.hex
        } catch {
            throw .invalidNetwork(path: path, cause: "\(error)")
        }
    }

    /// Writes the description where no file is yet.
    ///
    /// - Throws: ``NodeError`` for an address that no node could dial, and for a file.
    public func write(to path: String) throws(NodeError) {
        for address in self.bootstrap { _ = try NodeSettings.read(address) }
        if let domain = self.bootstrapDomain, !Self.isDomain(domain) {
            throw .invalidDomain(domain)
        }
        guard !Files.exists(path) else {
            throw .file(path: path, cause: "there is a file already; choose another name")
        }
        try Files.write(self.json.canonicalBytes() + [0x0a], to: path, mode: 0o644)
    }

    /// A file that a description names, in full or relative to itself.
    private static func place(_ file: String, beside description: String) -> String {
        guard !file.hasPrefix("/"), let end = description.lastIndex(of: "/") else { return file }
        return "\(description[...end])\(file)"
    }

    /// The table in a file, as a description in another file names it.
    ///
    /// - Throws: ``NodeError/invalidNetwork(path:cause:)`` that names the line.
    public static func operators(
        _ file: String,
        for description: String
    ) throws(NodeError) -> OperatorTable {
        let bytes = try Files.read(file, upTo: DirectoryLimits.operatorTableBytesMax)
        let folder = description.lastIndex(of: "/").map { description[...$0] } ?? ""
        let name = file.hasPrefix(folder) ? String(file.dropFirst(folder.count)) : file
        do {
            return try OperatorTable(file: name, bytes)
        } catch {
            throw .invalidNetwork(path: file, cause: "\(error)")
        }
    }

    private init(_ root: JSONView, _ operators: OperatorTable?) throws {
        guard let members = root.members else { throw Flaw(description: "it is not an object") }
        for (key, _) in members where !Self.members.contains(key) {
            let known = Self.members.joined(separator: ", ")
            throw Flaw(description: "unknown member `\(key)`; known are \(known)")
        }
        guard let founders = root["founders"]?.members else {
            throw Flaw(description: "`founders` must be an object of node ids with their scores")
        }
        let bootstrap = try (root["bootstrap"]?.elements ?? []).map { element in
            guard let text = element.string else {
                throw Flaw(description: "`bootstrap` must be a list of multiaddrs")
            }
            _ = try Multiaddr(text)
            return text
        }
        guard let name = root["name"].map(\.string) ?? "" else {
            throw Flaw(description: "`name` must be text")
        }
        let domain = root["bootstrap_domain"]
        guard domain.map({ $0.string.map { Self.isDomain($0) } ?? false }) ?? true else {
            throw Flaw(description: "`bootstrap_domain` must be a domain name such as example.org")
        }
        self.init(
            name: name,
            founders: try founders.map { try Self.founder($0.key, $0.value) },
            bootstrap: bootstrap,
            bootstrapDomain: domain?.string,
            operators: operators,
            parameters: try Self.parameters(root["parameters"])
        )
    }

    /// Whether a text is the name of a host or domain, and nothing more.
    static func isDomain(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.allSatisfy { (1...63).contains($0.count) }
            && (try? Multiaddr("/dns/\(text)"))?.components.count == 1
    }

    private static func founder(_ key: String, _ value: JSONView) throws -> Founder {
        guard let node = NodeID(hex: key) else {
            throw Flaw(description: "`\(key)` is not a node id of 64 lower-case hex characters")
        }
        guard let score = Self.number(value), Founder.scores.contains(score) else {
            throw Flaw(description: "the score of \(key) is not between \"0.1\" and \"1\"")
        }
        return Founder(node: node, score: score)
    }

    private static func parameters(_ value: JSONView?) throws -> NetworkParameters {
        var parameters = NetworkParameters()
        guard let value else { return parameters }
        guard let members = value.members else {
            throw Flaw(description: "`parameters` must be an object of names with their numbers")
        }
        for (name, value) in members {
            guard let parameter = NetworkParameter(rawValue: name) else {
                let known = NetworkParameter.allCases.map(\.rawValue).joined(separator: ", ")
                throw Flaw(description: "unknown parameter `\(name)`; known are \(known)")
            }
            guard let number = Self.number(value), parameter.allows(number) else {
                throw Flaw(description: "the parameter \(name) is not within 1 and 1000000")
            }
            parameters.set(parameter, number)
        }
        return parameters
    }

    /// A fraction in millionths, or as a decimal in quotes.
    private static func number(_ value: JSONView) -> FixedPoint? {
        value.integer.map { FixedPoint(millionths: $0) }
            ?? value.string.flatMap { FixedPoint(decimal: $0) }
    }
}
