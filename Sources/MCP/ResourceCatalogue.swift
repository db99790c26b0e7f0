import Doors
import Primitives

/// The resources of a node: those operations that have a URI.
struct ResourceCatalogue: Sendable {
    /// An operation and what its URI says.
    struct Match {
        let operation: Doors.Operation
        let arguments: JSONValue
    }

    private let operations: [Doors.Operation]

    init(_ operations: [Doors.Operation]) {
        self.operations = operations.filter { $0.resource != nil }
    }

    /// What `resources/list` tells.
    var list: JSONValue {
        .array(self.operations.filter { !$0.isTemplate }.map { $0.description(uri: "uri") })
    }

    /// What `resources/templates/list` tells.
    var templates: JSONValue {
        .array(self.operations.filter(\.isTemplate).map { $0.description(uri: "uriTemplate") })
    }

    /// What a URI means; nil for one that is none of this node's.
    func match(_ uri: String) -> Match? {
        for operation in self.operations {
            guard let pattern = operation.resource,
                let arguments = Self.arguments(of: uri, pattern)
            else { continue }
            return Match(operation: operation, arguments: .object(arguments))
        }
        return nil
    }

    private static func arguments(of uri: String, _ pattern: String) -> [JSONMember]? {
        let (parts, given) = (Self.parts(pattern), Self.parts(uri))
        guard parts.count == given.count else { return nil }
        var members: [JSONMember] = []
        for (part, text) in zip(parts, given) {
            if part.utf8.first == 0x7b {
                guard !text.isEmpty else { return nil }
                let name = String(part.dropFirst().dropLast())
                members.append(JSONMember(key: name, value: .string(String(text))))
            } else if !part.utf8.elementsEqual(text.utf8) {
                return nil
            }
        }
        return members
    }

    private static func parts(_ uri: String) -> [Substring] {
        uri.split(separator: "/", omittingEmptySubsequences: false)
    }
}

extension Doors.Operation {
    fileprivate var isTemplate: Bool { self.resource?.contains("{") ?? false }

    fileprivate func description(uri: String) -> JSONValue {
        let type = self.answer == .bytes ? "application/octet-stream" : "application/json"
        return .object([
            (uri, .string(self.resource ?? "")), ("name", .string(self.name)),
            ("description", .string(self.summary)), ("mimeType", .string(type)),
        ])
    }
}
