import Doors
import Primitives

/// An answer in which the texts of strangers are told apart from all else.
///
/// Every text is without what a reader does not see. A stranger's stands between two marks that its author could
/// not know, with the author and the score where an answer names them.
indirect enum FencedValue: Sendable, Equatable {
    /// A number, a truth value, nothing, an id, or this node's own words.
    case plain(JSONValue)
    /// A stranger's text.
    case foreign(String, by: Author?)
    case list([FencedValue])
    case object([Member])

    struct Member: Sendable, Equatable {
        let name: String
        let value: FencedValue
    }

    /// Who wrote a text.
    struct Author: Sendable, Equatable {
        let identity: String
        /// In millionths; nil when it is not known.
        let score: Int64?
    }
}

extension FencedValue {
    /// Members that name who wrote what stands beside them.
    private static let authorNames = ["author", "identity", "from"]

    /// Tells a value apart by its schema.
    ///
    /// - Parameters:
    ///   - value: an answer of the node.
    ///   - schema: its form; any text without a form counts as a stranger's.
    ///   - scores: scores in millionths, by identity.
    ///   - author: who wrote what stands around it.
    init(_ value: JSONValue, _ schema: Schema, scores: [String: Int64], author: Author? = nil) {
        switch value {
        case .string(let text):
            let clean = CleanText.cleaned(text)
            self =
                schema.isForeignText && !clean.isEmpty
                ? .foreign(clean, by: author) : .plain(.string(clean))
        case .array(let elements):
            self = .list(
                elements.map {
                    FencedValue($0, schema.element, scores: scores, author: author)
                }
            )
        case .object(let members):
            let author = Self.author(in: members, scores) ?? author
            self = .object(
                members.compactMap { member in
                    guard !member.value.isNull, let name = Self.name(member.key) else {
                        return nil
                    }
                    let inner = schema.member(member.key)
                    return Member(
                        name: name,
                        value: FencedValue(member.value, inner, scores: scores, author: author)
                    )
                }
            )
        case .canonical(let bytes):
            let value = (try? JSONDocument(scanning: bytes).root.value) ?? .null
            self = FencedValue(value, schema, scores: scores, author: author)
        case .null, .bool, .integer: self = .plain(value)
        }
    }

    /// Identities that are named as authors, in order of their first place.
    static func authors(in value: JSONValue) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap(Self.authors)
        case .object(let members):
            members.flatMap { member in
                Self.authorNames.contains(member.key)
                    ? member.value.string.map { [$0] } ?? [] : Self.authors(in: member.value)
            }
        case .null, .bool, .integer, .string, .canonical: []
        }
    }

    private static func author(in members: [JSONMember], _ scores: [String: Int64]) -> Author? {
        let named = Self.authorNames.lazy.compactMap { name in
            members.first { $0.key.utf8.elementsEqual(name.utf8) }?.value.string
        }.first
        // A name that is no id is a stranger's text itself.
        guard let identity = named, NodeID(naming: identity) != nil else { return nil }
        return Author(identity: identity, score: scores[identity])
    }

    /// The name of a member; nil for one that is no plain word: strangers choose names, too.
    private static func name(_ key: String) -> String? {
        let isPlain =
            !key.isEmpty && key.utf8.count <= 64
            && key.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
                    || (0x61...0x7a).contains($0) || [0x2d, 0x2e, 0x2f, 0x5f].contains($0)
            }
        return isPlain ? key : nil
    }
}

extension Schema {
    fileprivate var element: Schema {
        switch self {
        case .list(let schema, _): schema
        case .nullable(let inner): inner.element
        case .text, .choice, .integer, .boolean, .object, .map, .record, .anyOf, .anything:
            .anything
        }
    }

    /// The form of a member; anything where it is not said.
    fileprivate func member(_ name: String) -> Schema {
        switch self {
        case .map(let schema): schema
        case .nullable(let inner): inner.member(name)
        case .object, .record, .anyOf:
            self.properties.first { $0.name.utf8.elementsEqual(name.utf8) }?.schema ?? .anything
        case .text, .choice, .integer, .boolean, .list, .anything: .anything
        }
    }

    /// The members that are described; of several forms those of the first one that has them.
    var properties: [Property] {
        switch self {
        case .object(let properties): return properties
        case .record(let record): return record.properties
        case .nullable(let inner): return inner.properties
        case .anyOf(let schemas):
            return schemas.flatMap(\.properties).reduce(into: []) { known, property in
                let isKnown = known.contains { $0.name.utf8.elementsEqual(property.name.utf8) }
                if !isKnown { known.append(property) }
            }
        case .text, .choice, .integer, .boolean, .list, .map, .anything: return []
        }
    }
}
