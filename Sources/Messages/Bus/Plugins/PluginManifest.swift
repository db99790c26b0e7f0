package import Doors
package import Primitives

/// What a child process says of itself before it takes part (ADR 0058).
///
/// It is read once, when the operator adds the plug-in, and kept with the configuration: what a node owns
/// beyond the protocol must not depend on whether a process answers at the start.
package struct PluginManifest: Sendable, Equatable {
    /// A wire type that the plug-in owns and judges.
    package struct OwnedType: Sendable, Equatable {
        /// The `type` of its messages.
        package let typeName: String
        /// Where they are published.
        package let topic: Topic
        /// What becomes of a message that is not judged in time: it is accepted when the plug-in fails
        /// open, else refused.
        package let failsOpen: Bool
    }

    /// Lower-case letters, digits and `_`; also the folder of its data and the beginning of its
    /// operations' names.
    package let name: String
    package let version: String
    /// What it is for, in a line.
    package let summary: String
    /// What it asks for: `read`, or `act` to send messages of the protocol in the node's name.
    package let scope: Operation.Scope
    /// Types of messages that it wants to hear of.
    package let events: [String]
    /// What it answers, under the names and places that callers use.
    package let operations: [Operation]
    package let owned: OwnedType?

    /// Whether a message is of its type; names are compared by their bytes, as they are signed.
    package func owns(_ message: Message) -> Bool {
        self.owned?.typeName.utf8.elementsEqual(message.typeName.utf8) == true
    }

    /// What the operations' names begin with.
    package static func prefix(of name: String) -> String { "\(name)_" }
}

// MARK: Reading

extension PluginManifest {
    /// Reads what a plug-in says of itself.
    ///
    /// - Throws: what is wrong, in words for its author.
    package init(_ value: JSONValue) throws(ArgumentFlaw) {
        if let flaw = Self.form.flaw(of: value) { throw ArgumentFlaw("the manifest: \(flaw)") }
        let name = value["name"]?.string ?? ""
        guard Self.isName(name, bytesMax: PluginBounds.nameBytesMax) else {
            throw ArgumentFlaw(
                "`\(name)` is no name of a plug-in: a lower-case letter, then letters, digits and _, at "
                    + "most \(PluginBounds.nameBytesMax), and not `\(Plugins.endpoint.operation.name)`"
            )
        }
        self.name = name
        self.version = value["version"]?.string ?? ""
        self.summary = value["summary"]?.string ?? ""
        self.scope = value["scope"]?.string == Operation.Scope.act.rawValue ? .act : .read
        self.events = value["events"]?.elements?.compactMap(\.string) ?? []
        self.owned = try value["owns"].flatMap { value throws(ArgumentFlaw) in
            try Self.owned(value)
        }
        var operations: [Operation] = []
        for value in value["operations"]?.elements ?? [] {
            operations.append(try Self.operation(value, of: name))
        }
        self.operations = operations
        let names = operations.map(\.name)
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
            throw ArgumentFlaw("the manifest has the operation \(names[twice]) twice")
        }
    }

    /// What a manifest looks like.
    private static let form = Schema.object([
        Property("name", "Its name.", .text),
        Property("version", "Its version.", .text),
        Property("summary", "What it is for, in a line.", .text, isRequired: false),
        Property("scope", "What it asks for.", .choice(["read", "act"]), isRequired: false),
        Property(
            "events",
            "Types of messages that it wants to hear of.",
            .list(.text, max: PluginBounds.eventsMax),
            isRequired: false
        ),
        Property("owns", "A wire type of its own.", Self.ownedForm, isRequired: false),
        Property(
            "operations",
            "What it answers.",
            .list(Self.operationForm, max: PluginBounds.operationsMax),
            isRequired: false
        ),
    ])

    private static let ownedForm = Schema.object([
        Property("type", "The `type` of its messages.", .text),
        Property("topic", "Where they are published.", .choice(Topic.allCases.map(\.shortName))),
        Property("fails", "What an unjudged message meets.", .choice(["open", "closed"])),
    ])

    private static let operationForm = Schema.object([
        Property("name", "Its name.", .text),
        Property("kind", "Whether it changes something.", .choice(["read", "act"])),
        Property("summary", "What it does, in a line.", .text),
        Property("arguments", "A JSON Schema of an object.", .anything, isRequired: false),
        Property("answer", "A JSON Schema.", .anything, isRequired: false),
        Property("example", "Arguments that are well formed.", .anything, isRequired: false),
    ])

    private static func owned(_ value: JSONValue) throws(ArgumentFlaw) -> OwnedType {
        let topic = value["topic"]?.string
        return OwnedType(
            typeName: value["type"]?.string ?? "",
            topic: Topic.allCases.first { $0.shortName == topic } ?? .proposals,
            failsOpen: value["fails"]?.string == "open"
        )
    }

    private static func operation(_ value: JSONValue, of plugin: String) throws(ArgumentFlaw)
        -> Operation
    {
        let name = value["name"]?.string ?? ""
        guard Self.isName(name, bytesMax: PluginBounds.nameBytesMax) else {
            throw ArgumentFlaw("`\(name)` is no name of an operation: letters a-z, digits and _")
        }
        let kind = value["kind"]?.string == "act" ? Operation.Kind.act : .read
        let place: ArgumentPlace = kind == .act ? .body : .query
        let arguments = try Schema(reading: value["arguments"] ?? .emptyObject)
        guard let properties = arguments.properties else {
            throw ArgumentFlaw("the arguments of `\(name)` are no object with properties")
        }
        if kind == .read, let property = properties.first(where: { !$0.schema.fitsQuery }) {
            throw ArgumentFlaw(
                "`\(property.name)` of `\(name)` is an argument of a read, and goes into the address: it "
                    + "must be a text, a number or a truth value; make the operation an act"
            )
        }
        let answer = try value["answer"].map { value throws(ArgumentFlaw) in
            try Schema(reading: value)
        }
        guard answer?.isObject != false else {
            throw ArgumentFlaw("the answer of `\(name)` is no object, which all answers are")
        }
        let example = value["example"] ?? .emptyObject
        if let flaw = Schema.object(properties).flaw(of: example) {
            throw ArgumentFlaw("the example of `\(name)` is not well formed: \(flaw)")
        }
        return Operation(
            name: Self.prefix(of: plugin) + name,
            kind: kind,
            scope: kind == .act ? .act : .read,
            path: "\(Extensions.pathPrefix)\(plugin)/\(name)",
            summary: value["summary"]?.string ?? "",
            about: "Answered by the plug-in `\(plugin)`.",
            refusals: PluginFailure.Code.allCases.map(\.refusal),
            arguments: properties.map { .init(place: place, property: $0) },
            answer: .json(answer ?? .map(.anything)),
            example: example
        )
    }

    private static func isName(_ name: String, bytesMax: Int) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return name.utf8.count <= bytesMax && name.utf8.first.map(letters.contains) == true
            && name != Plugins.endpoint.operation.name
            && name.utf8.allSatisfy {
                letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_")
            }
    }
}

/// Bounds of what plug-ins may ask for.
package enum PluginBounds {
    /// Longest name of a plug-in and of an operation, in bytes.
    ///
    /// Source: own choice: both together are the name of a tool, of which some callers take 64 bytes.
    package static let nameBytesMax = 31
    /// Most operations of a plug-in.
    ///
    /// Source: own choice: callers that read descriptions pay for each.
    package static let operationsMax = 8
    /// Most types of messages that a plug-in names.
    ///
    /// Source: own choice: more than the protocol has.
    package static let eventsMax = 64
    /// Most plug-ins of a node.
    ///
    /// Source: own choice: each is a process.
    package static let pluginsMax = 16
}

extension Topic {
    /// The last part of its name.
    fileprivate var shortName: String {
        String(self.rawValue.split(separator: "/").last ?? "")
    }
}

extension Schema {
    /// The members of an object; nil for other schemas.
    fileprivate var properties: [Property]? {
        switch self {
        case .object(let properties): properties
        case .anything: []
        default: nil
        }
    }

    fileprivate var isObject: Bool {
        switch self {
        case .object, .map: true
        default: false
        }
    }

    /// Whether the query of an address carries such a value.
    fileprivate var fitsQuery: Bool {
        switch self {
        case .text, .choice, .integer, .boolean: true
        case .nullable(let schema): schema.fitsQuery
        case .list(let schema, _): schema.fitsQuery
        case .object, .map, .record, .anyOf, .anything: false
        }
    }
}
