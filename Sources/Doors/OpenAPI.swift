package import Primitives

/// What the node says of its operations, as an OpenAPI document.
package struct OpenAPI: Sendable {
    private let operations: [Operation]
    private let version: String

    /// - Parameters:
    ///   - operations: all that are served.
    ///   - version: the version of the software.
    package init(_ operations: [Operation], version: String) {
        self.operations = operations
        self.version = version
    }

    /// The document.
    package var json: JSONValue {
        .object([
            ("openapi", .string("3.2.0")),
            (
                "info",
                .object([
                    ("title", .string("Valence node")), ("version", .string(self.version)),
                    ("summary", .string("The local API of one node.")),
                    (
                        "description",
                        .string("JSON is strict; numbers are whole and written so: 1, not 1.0.")
                    ),
                    (
                        "license",
                        .object([("name", .string("see the repository of the node"))])
                    ),
                ])
            ),
            ("servers", .array([.object([("url", .string("/"))])])),
            ("security", .array([.object([("token", .array([]))])])),
            ("paths", self.paths),
            ("components", self.components),
        ])
    }

    private var paths: JSONValue {
        let paths = Set(self.operations.map(\.path)).sorted()
        return .object(
            paths.map { path in
                let here = self.operations.filter { $0.path == path }
                return (path, .object(here.map { ($0.method.lowercased(), $0.openAPI) }))
            }
        )
    }

    private var components: JSONValue {
        var records: [String: RecordSchema] = [:]
        let answers = self.operations.flatMap { operation -> [Schema] in
            switch operation.answer {
            case .json(let schema): [schema]
            case .events(let schemas): schemas
            case .bytes, .text: []
            }
        }
        for record in answers.flatMap(\.records) + Problem.schema.records {
            precondition(
                records[record.name] ?? record == record,
                "two records have the name \(record.name)"
            )
            records[record.name] = record
        }
        let token = JSONValue.object([
            ("type", .string("http")), ("scheme", .string("bearer")),
            (
                "description",
                .string(
                    "The content of the data directory's api.token, or a token of `valence-node token "
                        + "new` whose scope is at least the operation's x-scope."
                )
            ),
        ])
        return .object([
            (
                "schemas",
                .object(
                    records.sorted { $0.key < $1.key }.map {
                        JSONMember(key: $0.key, value: $0.value.json(.components))
                    }
                )
            ),
            ("securitySchemes", .object([("token", token)])),
        ])
    }
}

extension Operation {
    /// The HTTP method, which follows from the kind.
    package var method: String { self.kind == .read ? "GET" : "POST" }

    fileprivate var openAPI: JSONValue {
        let parameters = self.arguments.filter { $0.place == .path || $0.place == .query }
        var members: [(String, JSONValue)] = [
            ("operationId", .string(self.name)), ("summary", .string(self.summary)),
            ("x-scope", .string(self.scope.rawValue)),
            ("responses", self.responses),
        ]
        if !self.about.isEmpty { members.append(("description", .string(self.about))) }
        let fields = self.kind == .read ? [] : [Self.key]
        if !(parameters.isEmpty && fields.isEmpty) {
            members.append(("parameters", .array(parameters.map(self.parameter) + fields)))
        }
        if let body { members.append(("requestBody", body)) }
        if self.scope == .open { members.append(("security", .array([]))) }
        return .object(members)
    }

    /// The field by which a post is recognised when it comes again (ADR 0060).
    private static let key = JSONValue.object([
        ("name", .string(IdempotencyKey.field)), ("in", .string("header")),
        (
            "description",
            .string(
                "A word of the caller's own for this request. Sent again with it within a day, the "
                    + "request is done once, and answered as before."
            )
        ),
        ("required", .bool(false)),
        (
            "schema",
            .object([("type", .string("string")), ("pattern", .string(IdempotencyKey.pattern))])
        ),
    ])

    private func parameter(_ argument: Argument) -> JSONValue {
        let property = argument.property
        let isPath = argument.place == .path
        var members: [(String, JSONValue)] = [
            ("name", .string(property.name)), ("in", .string(isPath ? "path" : "query")),
            ("description", .string(property.about)), ("required", .bool(isPath)),
            ("schema", property.carried),
        ]
        if case .list = property.schema {
            members += [("style", .string("form")), ("explode", .bool(false))]
        }
        if let example = self.example[property.name] { members.append(("example", example)) }
        return .object(members)
    }

    private var body: JSONValue? {
        let properties = self.properties(at: .body)
        let media: [(String, JSONValue)]
        switch self.kind {
        case .read: return nil
        case .act where properties.isEmpty: return nil
        case .act:
            let example = (self.example.members ?? []).filter { member in
                properties.contains { $0.name == member.key }
            }
            media = [
                (
                    "application/json",
                    .object([
                        ("schema", Schema.object(properties).json(.components)),
                        ("example", .object(example)),
                    ])
                )
            ]
        case .upload:
            let bytes = JSONValue.object([
                ("type", .string("string")), ("minLength", .integer(1)),
            ])
            media = [("application/octet-stream", .object([("schema", bytes)]))]
        }
        let isRequired = self.kind == .upload || properties.contains(where: \.isRequired)
        return .object([("required", .bool(isRequired)), ("content", .object(media))])
    }

    // MARK: Responses

    private var responses: JSONValue {
        var codes: [(status: Int, codes: [String])] = []
        for refusal in self.commonRefusals + self.refusals {
            if let index = codes.firstIndex(where: { $0.status == refusal.status }) {
                if !codes[index].codes.contains(refusal.code) {
                    codes[index].codes.append(refusal.code)
                }
            } else {
                codes.append((refusal.status, [refusal.code]))
            }
        }
        let refusals = codes.sorted { $0.status < $1.status }
            .map { ("\($0.status)", Self.refusal($0.status, $0.codes)) }
        return .object([("200", self.success)] + refusals)
    }

    private var success: JSONValue {
        let media: (String, JSONValue) =
            switch self.answer {
            case .json(let schema):
                ("application/json", .object([("schema", schema.json(.components))]))
            case .bytes: ("application/octet-stream", .emptyObject)
            case .text: ("text/plain", .emptyObject)
            case .events(let schemas):
                ("text/event-stream", .object([("itemSchema", Self.item(schemas))]))
            }
        return .object([
            ("description", .string("What was asked for.")), ("content", .object([media])),
        ])
    }

    /// A server-sent event whose data is JSON of one of some forms.
    private static func item(_ schemas: [Schema]) -> JSONValue {
        let text = ("type", JSONValue.string("string"))
        let data = JSONValue.object([
            text, ("contentMediaType", .string("application/json")),
            (
                "contentSchema",
                .object([("anyOf", .array(schemas.map { $0.json(.components) }))])
            ),
        ])
        return .object([
            ("type", .string("object")),
            (
                "properties",
                .object([
                    ("id", .object([text])), ("event", .object([text])), ("data", data),
                    ("retry", .object([("type", .string("integer"))])),
                ])
            ),
        ])
    }

    /// Refusals that any operation of the kind may meet, before the node is asked and by the node.
    package var commonRefusals: [Refusal] {
        var refusals = [
            Refusal(400, "bad_request"), Refusal(400, "bad_host"), Refusal(403, "wrong_host"),
            Refusal(403, "wrong_origin"),
        ]
        if self.scope != .open {
            refusals += [Refusal(401, "unauthorized"), Refusal(403, "scope")]
        }
        if self.kind != .read {
            refusals += [
                Refusal(400, "bad_idempotency_key"), Refusal(409, "idempotency_key_in_use"),
                Refusal(413, "too_large"), Refusal(415, "wrong_media_type"),
                Refusal(422, "idempotency_key_reused"),
            ]
        }
        if self.kind == .upload { refusals.append(Refusal(507, "storage_stopped")) }
        return refusals + [
            Refusal(501, "absent_subsystem"), Refusal(503, "busy"), Refusal(503, "stopping"),
            Refusal(504, "timeout"),
        ]
    }

    private static func refusal(_ status: Int, _ codes: [String]) -> JSONValue {
        let content = JSONValue.object([
            (
                "application/problem+json",
                .object([("schema", Problem.schema.json(.components))])
            )
        ])
        var members: [(String, JSONValue)] = [
            ("description", .string("Refused: \(codes.joined(separator: ", "))")),
            ("content", content),
        ]
        if status == 429 || status == 503 {
            let seconds = JSONValue.object([
                ("description", .string("Seconds until the same may succeed.")),
                ("required", .bool(true)), ("schema", Schema.integer(1...31_536_000).json(.none)),
            ])
            members.append(("headers", .object([("Retry-After", seconds)])))
        }
        return .object(members)
    }
}

extension Property {
    /// The schema of a value that a path or a query carries, which is never null.
    fileprivate var carried: JSONValue {
        var schema = self.schema
        if case .nullable(let inner) = schema { schema = inner }
        let standard = self.standard.map { [JSONMember(key: "default", value: $0)] } ?? []
        return .object((schema.json(.components).members ?? []) + standard)
    }
}
