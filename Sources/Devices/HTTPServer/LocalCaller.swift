import HTTPTypes
import Hummingbird

/// Lets only local callers with a token through (threat T21).
///
/// The `Host` check stops DNS rebinding, the `Origin` check stops pages of others in a browser, and the
/// token stops other users of the machine.
enum LocalCaller {
    /// Refuses requests that were meant for another machine, or come from another's page.
    static func check(_ request: Request) throws(RefusedRequest) {
        let host: String
        switch LocalHost(request) {
        case .unclear:
            let detail = "send one Host, such as 127.0.0.1:9091"
            throw RefusedRequest(status: .badRequest, code: "bad_host", detail: detail)
        case .foreign:
            let detail = "use http://127.0.0.1 as the host"
            throw RefusedRequest(status: .forbidden, code: "wrong_host", detail: detail)
        case .local(let authority): host = authority
        }
        // Pages of this node name the place that they came from themselves.
        let origins = request.headers[values: .origin]
        guard origins.allSatisfy({ $0.lowercased() == "http://\(host)" }) else {
            let detail = "web pages of others may not use this API"
            throw RefusedRequest(status: .forbidden, code: "wrong_origin", detail: detail)
        }
    }

    /// The token that a request carries; nil when it carries none.
    ///
    /// The name of the scheme counts in any case (RFC 9110, 11.1).
    static func token(of request: Request) -> String? {
        let header = request.headers[.authorization]
        let words = (header ?? "").split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1])
    }
}

/// Whether a request names this machine as its host.
private enum LocalHost {
    /// This machine, by this name and port.
    case local(String)
    /// Another machine's name: somebody resolved it to this one.
    case foreign
    /// None, several, or no host at all.
    case unclear

    init(_ request: Request) {
        // The first Host becomes the authority; every further one stays a field.
        let hasSecond = HTTPField.Name("Host").map { request.headers[$0] != nil } ?? false
        guard let authority = request.head.authority?.lowercased(), !hasSecond,
            let name = Self.name(authority)
        else {
            self = .unclear
            return
        }
        self = ["127.0.0.1", "localhost", "[::1]"].contains(name) ? .local(authority) : .foreign
    }

    /// A host without its port; nil for what is none.
    private static func name(_ authority: String) -> String? {
        // The colons of an IPv6 address stand in brackets.
        let bracket = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : nil
        if authority.hasPrefix("["), bracket == nil { return nil }
        let address = bracket.map { authority[...$0] } ?? ""
        let rest = authority.dropFirst(address.count)
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.count < 2 || Self.isPort(parts[1]) else { return nil }
        let name = parts.first ?? ""
        guard address.isEmpty || name.isEmpty else { return nil }
        return String(address.isEmpty ? name : address)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt16(text) != nil
    }
}
