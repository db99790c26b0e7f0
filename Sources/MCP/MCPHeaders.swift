package import Primitives

/// What HTTP says of a message beside its body.
///
/// Source: modelcontextprotocol.io, revision 2026-07-28, Streamable HTTP, Request Metadata.
package struct MCPHeaders: Sendable, Equatable {
    /// `MCP-Protocol-Version`.
    package let version: String?
    /// `Mcp-Method`.
    package let method: String?
    /// `Mcp-Name`.
    package let name: String?

    /// Names the fields; nil for one that is not there.
    package init(version: String?, method: String?, name: String?) {
        self.version = version
        self.method = method
        self.name = name
    }

    /// The fields that belong to a message, for whoever sends it on over HTTP.
    package init(for message: JSONValue) {
        let params = message["params"]
        let method = message["method"]?.string
        self.version = params?["_meta"]?[MCPEra.versionKey]?.string.flatMap(Self.plain)
        self.method = method.flatMap(Self.plain)
        self.name = Self.name(method ?? "", params ?? .emptyObject).map(Self.encoded)
    }

    /// The fields with their names.
    package var fields: [(name: String, value: String)] {
        let all: [(String, String?)] = [
            ("MCP-Protocol-Version", self.version), ("Mcp-Method", self.method),
            ("Mcp-Name", self.name),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    /// What differs from the body of a modern request; nil when nothing does.
    func mismatch(with request: RPCRequest) -> RPCError? {
        let version = request.meta?[MCPEra.versionKey]?.string
        guard let said = self.version else { return .mismatch("MCP-Protocol-Version is missing") }
        if let version, !said.utf8.elementsEqual(version.utf8) {
            return .mismatch("MCP-Protocol-Version is not the revision of the body")
        }
        guard let method = self.method else { return .mismatch("Mcp-Method is missing") }
        guard method.utf8.elementsEqual(request.method.utf8) else {
            return .mismatch("Mcp-Method is not the method of the body")
        }
        guard let name = Self.name(request.method, request.params) else { return nil }
        guard let said = self.name else { return .mismatch("Mcp-Name is missing") }
        guard let read = Self.decoded(said), read.utf8.elementsEqual(name.utf8) else {
            return .mismatch("Mcp-Name is not the name of the body")
        }
        return nil
    }

    /// What a request is about; nil where its headers do not say.
    private static func name(_ method: String, _ params: JSONValue) -> String? {
        switch method {
        case "tools/call", "prompts/get": params["name"]?.string
        case "resources/read": params["uri"]?.string
        default: nil
        }
    }

    private static let opening = "=?base64?"
    private static let closing = "?="

    private static func plain(_ text: String) -> String? {
        let isPlain =
            text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
            && text.utf8.first != 0x20 && text.utf8.last != 0x20 && !text.isEmpty
        return isPlain ? text : nil
    }

    private static func encoded(_ text: String) -> String {
        if let plain = Self.plain(text), !plain.hasPrefix(Self.opening) { return plain }
        return Self.opening + Base64.encode(Array(text.utf8)) + Self.closing
    }

    private static func decoded(_ text: String) -> String? {
        guard text.hasPrefix(Self.opening), text.hasSuffix(Self.closing) else {
            return Self.plain(text)
        }
        let inner = text.dropFirst(Self.opening.count).dropLast(Self.closing.count)
        return Base64.decode(String(inner)).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
