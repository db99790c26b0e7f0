import Doors
import Messages
package import PluginHost
package import Primitives

/// Lines between a node and a child: JSON-RPC 2.0, one object a line.
package enum PluginLine {
    /// What every child is told when it begins.
    package struct Setting: Sendable {
        package let node: NodeID
        package let network: String
        package let version: String

        package init(node: NodeID, network: String, version: String) {
            self.node = node
            self.network = network
            self.version = version
        }
    }

    /// The version of the conversation.
    private static let protocolVersion: Int64 = 1
    /// The code of every error that is not JSON-RPC's own.
    private static let refused: Int64 = -32_000

    // MARK: Writing

    package static func text(_ value: JSONValue) -> [UInt8] {
        value.canonicalBytes() + [0x0a]
    }

    static func request(_ id: Int64, _ method: String, _ parameters: JSONValue) -> JSONValue {
        .object([
            ("jsonrpc", .string("2.0")), ("id", .integer(id)), ("method", .string(method)),
            ("params", parameters),
        ])
    }

    static func notification(_ method: String, _ parameters: JSONValue = .emptyObject) -> JSONValue
    {
        .object([
            ("jsonrpc", .string("2.0")), ("method", .string(method)), ("params", parameters),
        ])
    }

    static func result(_ id: PluginCallID, _ value: JSONValue) -> JSONValue {
        .object([("jsonrpc", .string("2.0")), ("id", id.json), ("result", value)])
    }

    static func error(_ id: PluginCallID, code: String, detail: String) -> JSONValue {
        let error = JSONValue.object([
            ("code", .integer(self.refused)), ("message", .string(detail)),
            ("data", .object([("code", .string(code))])),
        ])
        return .object([("jsonrpc", .string("2.0")), ("id", id.json), ("error", error)])
    }

    static func json(
        _ saying: PluginSaying,
        _ setting: Setting,
        _ registration: PluginRegistration,
        dataDirectory: String
    ) -> JSONValue {
        switch saying {
        case .describe(let id): return self.request(id, "manifest", .emptyObject)
        case .begin(let id, let sequence):
            return self.request(
                id,
                "init",
                .object([
                    ("protocol", .integer(self.protocolVersion)),
                    ("node_id", .string(setting.node.hex)),
                    ("network", .string(setting.network)), ("version", .string(setting.version)),
                    ("data_dir", .string(dataDirectory)),
                    ("scope", .string(registration.scope.rawValue)),
                    ("sequence", .integer(Int64(clamping: sequence))),
                ])
            )
        case .judge(let id, let event): return self.request(id, "judge", event.json)
        case .query(let id, let operation, let arguments):
            return self.request(
                id,
                "query",
                .object([("operation", .string(operation)), ("arguments", arguments)])
            )
        case .event(let event): return self.notification("event", event.json)
        case .gap(let count):
            return self.notification("gap", .object([("dropped", .integer(Int64(count)))]))
        case .published(let id, let message):
            return self.result(id, .object([("id", .string(message.hex))]))
        case .refused(let id, let code, let detail):
            return self.error(id, code: code, detail: detail)
        }
    }

    // MARK: Reading

    /// What a line says.
    package static func utterance(_ line: [UInt8]) -> PluginUtterance {
        guard let root = try? JSONDocument(scanning: line).root, root.kind == .object,
            root["jsonrpc"]?.string == "2.0"
        else { return self.stray(line) }
        let value = root.value
        let id = value["id"].flatMap { PluginCallID($0) }
        if let method = value["method"]?.string {
            return self.request(method, id, value["params"] ?? .emptyObject)
        }
        guard case .number(let number)? = id else { return self.stray(line) }
        if let result = value["result"] { return .result(number, result) }
        guard let error = value["error"] else { return self.stray(line) }
        let detail = error["message"]?.string ?? "it says no"
        return .failure(number, self.shown(Array(detail.utf8)))
    }

    private static func request(_ method: String, _ id: PluginCallID?, _ parameters: JSONValue)
        -> PluginUtterance
    {
        guard let id else { return .unknown(nil, method: self.shown(Array(method.utf8))) }
        switch method {
        case "publish": return .publish(id, parameters["payload"] ?? .null)
        case "call":
            return .call(
                id,
                operation: parameters["operation"]?.string ?? "",
                arguments: parameters["arguments"] ?? .emptyObject
            )
        default: return .unknown(id, method: self.shown(Array(method.utf8)))
        }
    }

    static func stray(_ line: [UInt8]) -> PluginUtterance { .stray(self.shown(line)) }

    /// The beginning of what a child said, without anything that a terminal obeys.
    static func shown(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.prefix(ChildLimits.strayBytesMax), as: UTF8.self)
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isHidden ? "?" : $0 }))
    }
}

extension PluginCallID {
    /// Reads an id; nil for what JSON-RPC does not allow.
    init?(_ value: JSONValue) {
        switch value {
        case .integer(let number): self = .number(number)
        case .string(let text) where text.utf8.count <= ChildLimits.strayBytesMax:
            self = .text(text)
        default: return nil
        }
    }

    var json: JSONValue {
        switch self {
        case .number(let number): .integer(number)
        case .text(let text): .string(text)
        }
    }
}

extension PluginEvent {
    var json: JSONValue {
        let message = self.admitted.message
        var members: [(String, JSONValue)] = [
            ("type", .string(message.typeName)), ("id", .string(message.id.hex)),
            ("from", .string(message.from.hex)),
            ("identity", .string(self.admitted.sender.identity.hex)),
            ("timestamp", .integer(message.timestamp.milliseconds)),
            ("reputation", .integer(self.admitted.reputation.millionths)),
            ("payload", self.isCut ? .null : .canonical(message.payloadJSON)),
        ]
        if self.isCut { members.append(("payload_left_out", .bool(true))) }
        if let sequence { members.append(("sequence", .integer(Int64(clamping: sequence)))) }
        return .object(members)
    }
}
