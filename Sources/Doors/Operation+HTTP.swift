package import Primitives

// How HTTP carries the arguments of an operation.
extension Operation {
    /// Whether a path is this operation's, and what stands where its arguments are named.
    ///
    /// - Parameter segments: the parts of the path, decoded.
    /// - Returns: the values by their names; nil for another path.
    package func match(_ segments: [String]) -> [(name: String, value: String)]? {
        let own = self.segments
        guard own.count == segments.count else { return nil }
        var values: [(name: String, value: String)] = []
        for (part, given) in zip(own, segments) {
            if let name = Self.argument(named: part) {
                guard !given.isEmpty else { return nil }
                values.append((name, given))
            } else if !part.utf8.elementsEqual(given.utf8) {
                return nil
            }
        }
        return values
    }

    /// The argument whose place a part of a path is; nil for a part that stands for itself.
    private static func argument(named part: Substring) -> String? {
        // Braces around it.
        part.utf8.first == 0x7b ? String(part.dropFirst().dropLast()) : nil
    }

    /// Puts the arguments of a request together.
    ///
    /// - Parameters:
    ///   - path: what stands in the path.
    ///   - query: the pairs of the query, decoded.
    ///   - body: the object in the body; nil when there is none.
    ///   - upload: what is known of an artefact that came as the body; nil when none did.
    /// - Returns: an object.
    /// - Throws: what cannot be read.
    package func arguments(
        path: [(name: String, value: String)],
        query: [(name: String, value: String)],
        body: JSONValue? = nil,
        upload: [JSONMember] = []
    ) throws(ArgumentFlaw) -> JSONValue {
        var members = try self.values(path, at: .path) + self.values(query, at: .query) + upload
        for member in body?.members ?? [] {
            let isElsewhere = self.arguments.contains {
                $0.place != .body && $0.property.name.utf8.elementsEqual(member.key.utf8)
            }
            guard !isElsewhere else {
                throw ArgumentFlaw("`\(member.key)` does not belong in the body")
            }
            members.append(member)
        }
        return .object(members)
    }

    private func values(_ pairs: [(name: String, value: String)], at place: ArgumentPlace)
        throws(ArgumentFlaw) -> [JSONMember]
    {
        let properties = self.properties(at: place)
        var members: [JSONMember] = []
        for (name, text) in pairs {
            guard let property = properties.first(where: { $0.name.utf8.elementsEqual(name.utf8) })
            else {
                let known = properties.map(\.name).joined(separator: ", ")
                throw ArgumentFlaw(
                    "`\(String(name.unicodeScalars.prefix(64)))` is unknown; known are "
                        + (known.isEmpty ? "none" : known)
                )
            }
            guard !members.contains(where: { $0.key.utf8.elementsEqual(name.utf8) }) else {
                throw ArgumentFlaw("`\(name)` is there twice")
            }
            guard let value = property.schema.value(ofQuery: text) else {
                throw ArgumentFlaw("`\(name)` must be \(property.schema.words)")
            }
            members.append(JSONMember(key: property.name, value: value))
        }
        if let flaw = Schema.object(properties).flaw(of: .object(members)) {
            throw ArgumentFlaw(flaw)
        }
        return members
    }

    /// A request as HTTP carries it.
    package struct Carried: Sendable, Equatable {
        /// Path and query.
        package let target: String
        /// The body; nil where there is none, or where it is an artefact.
        package let body: JSONValue?
    }

    /// How arguments are carried, as a client sends them.
    package func carry(_ arguments: JSONValue) -> Carried {
        var path = self.path
        var query: [String] = []
        var body: [JSONMember] = []
        for member in arguments.members ?? [] {
            let place = self.arguments.first {
                $0.property.name.utf8.elementsEqual(member.key.utf8)
            }?.place
            // What is unknown is sent all the same, so that the node says so.
            switch place ?? (self.kind == .act ? .body : .query) {
            case .path:
                let value = Self.encoded(Self.text(member.value))
                path.replace("\u{7B}\(member.key)\u{7D}", with: value)
            case .query where member.value.isNull: break
            case .query:
                query.append("\(member.key)=\(Self.encoded(Self.text(member.value)))")
            case .body: body.append(member)
            case .upload: break
            }
        }
        let target = query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
        return Carried(target: target, body: self.kind == .act ? .object(body) : nil)
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .array(let elements): elements.map(Self.text).joined(separator: ",")
        default: String(decoding: value.canonicalBytes(), as: UTF8.self)
        }
    }

    /// Percent-encoding of all but what RFC 3986 leaves as it is.
    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e, 0x2c, 0x3a:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + Hex.encode([byte]).uppercased()
            }
        }
        return result
    }
}
