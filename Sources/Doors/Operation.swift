package import Primitives

/// What the node says of one operation: the only place where its name, its path, its arguments, what it
/// answers with and what it may refuse are written down.
package struct Operation: Sendable, Equatable {
    /// What an operation does.
    package enum Kind: String, Sendable {
        /// It tells something. What others know stays as it is, but this node may first fetch what it is
        /// asked for; then its scope is that of acts.
        case read
        /// It changes something; its arguments are a JSON object.
        case act
        /// It changes something, and takes an artefact.
        case upload
    }

    /// What a caller must be allowed to do.
    ///
    /// Each allows what those before it do.
    package enum Scope: String, Sendable, CaseIterable, Comparable {
        /// Nothing: not even a token is asked for.
        case open
        case read
        case act
        /// To change what the node is.
        case admin

        /// Those that a token can have.
        package static let granted = Self.allCases.filter { $0 != .open }

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .open: 0
            case .read: 1
            case .act: 2
            case .admin: 3
            }
        }
    }

    /// What comes back when an operation succeeds.
    package enum Answer: Sendable, Equatable {
        /// JSON of a form.
        case json(Schema)
        /// The bytes of an artefact.
        case bytes
        /// Lines of text, for programs that read nothing else.
        case text
        /// Server-sent events whose data is JSON of one of some forms.
        case events([Schema])

        /// A record of a type.
        package static func record<R: Record>(_ type: R.Type) -> Answer {
            .json(R.schema)
        }
    }

    /// An argument and where HTTP carries it.
    package struct Argument: Sendable, Equatable {
        package let place: ArgumentPlace
        package let property: Property

        package init(place: ArgumentPlace, property: Property) {
            self.place = place
            self.property = property
        }
    }

    /// A refusal of its own: a code, and the HTTP status that goes with it.
    package struct Refusal: Sendable, Equatable {
        package let status: Int
        package let code: String

        package init(_ status: Int, _ code: String) {
            self.status = status
            self.code = code
        }
    }

    /// Its name in documents, and the verb of `valence-node call`.
    package let name: String
    package let kind: Kind
    package let scope: Scope
    /// Its place, such as `/v1/proposals/{id}`.
    package let path: String
    /// What it does, in a line.
    package let summary: String
    /// What one should know besides.
    package let about: String
    package let refusals: [Refusal]
    package let arguments: [Argument]
    package let answer: Answer
    /// Arguments of a call that is well formed.
    package let example: JSONValue
    /// How agents meet it over MCP; nil for what is no tool.
    package let tool: Tool?
    /// The URI of what it tells as a resource of MCP, such as `valence://proposals/{id}`; nil for none.
    package let resource: String?
    /// The parts of its path.
    package let segments: [Substring]
    /// What all arguments together look like.
    package let schema: Schema

    package init(
        name: String,
        kind: Kind,
        scope: Scope,
        path: String,
        summary: String,
        about: String = "",
        refusals: [Refusal] = [],
        arguments: [Argument] = [],
        answer: Answer,
        example: JSONValue = .emptyObject,
        tool: Tool? = nil,
        resource: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.scope = scope
        self.path = path
        self.summary = summary
        self.about = about
        self.refusals = refusals
        self.arguments = arguments
        self.answer = answer
        self.example = example
        self.tool = tool
        self.resource = resource
        self.segments = Self.segments(of: path)
        self.schema = .object(arguments.map(\.property))
    }

    /// The parts of a path between its slashes.
    package static func segments(of path: String) -> [Substring] {
        path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    }

    /// The arguments of one place.
    package func properties(at place: ArgumentPlace) -> [Property] {
        self.arguments.filter { $0.place == place }.map(\.property)
    }
}
