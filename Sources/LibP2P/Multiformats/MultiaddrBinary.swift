/// The binary form of multiaddrs: protocol codes as varints, each followed by its value.
extension Multiaddr {
    private enum Code {
        static let ip4: UInt64 = 4
        static let tcp: UInt64 = 6
        static let ip6: UInt64 = 41
        static let dns: UInt64 = 53
        static let dns4: UInt64 = 54
        static let dns6: UInt64 = 55
        static let dnsaddr: UInt64 = 56
        static let p2pCircuit: UInt64 = 290
        static let p2p: UInt64 = 421
    }

    /// The binary form.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        for component in self.components { Self.append(component, to: &result) }
        return result
    }

    /// Reads the binary form.
    public init(bytes: some Collection<UInt8>) throws(MultiaddrError) {
        var rest = Array(bytes)[...]
        guard rest.count <= Self.textLengthMax else { throw .tooLong }
        var components: [Component] = []
        while !rest.isEmpty {
            guard components.count < Self.componentsMax else { throw .tooLong }
            components.append(try Self.component(&rest))
        }
        try self.init(components)
    }

    private static func append(_ component: Component, to bytes: inout [UInt8]) {
        switch component {
        case .ip4(let value): self.append(Code.ip4, fixed: value, to: &bytes)
        case .ip6(let value): self.append(Code.ip6, fixed: value, to: &bytes)
        case .tcp(let port):
            self.append(Code.tcp, fixed: [UInt8(port >> 8), UInt8(port & 0xff)], to: &bytes)
        case .dns(let name): self.append(Code.dns, variable: Array(name.utf8), to: &bytes)
        case .dns4(let name): self.append(Code.dns4, variable: Array(name.utf8), to: &bytes)
        case .dns6(let name): self.append(Code.dns6, variable: Array(name.utf8), to: &bytes)
        case .dnsaddr(let name): self.append(Code.dnsaddr, variable: Array(name.utf8), to: &bytes)
        case .p2p(let peer): self.append(Code.p2p, variable: peer.bytes, to: &bytes)
        case .p2pCircuit: self.append(Code.p2pCircuit, fixed: [], to: &bytes)
        }
    }

    private static func append(_ code: UInt64, fixed value: [UInt8], to bytes: inout [UInt8]) {
        Varint.append(code, to: &bytes)
        bytes += value
    }

    private static func append(_ code: UInt64, variable value: [UInt8], to bytes: inout [UInt8]) {
        Varint.append(code, to: &bytes)
        Varint.append(UInt64(value.count), to: &bytes)
        bytes += value
    }

    private static func component(_ rest: inout ArraySlice<UInt8>) throws(MultiaddrError)
        -> Component
    {
        let code = try self.varint(&rest)
        switch code {
        case Code.ip4: return .ip4(Array(try self.take(4, &rest, "ip4")))
        case Code.ip6: return .ip6(Array(try self.take(16, &rest, "ip6")))
        case Code.tcp:
            return .tcp(try self.take(2, &rest, "tcp").reduce(0) { $0 << 8 | UInt16($1) })
        case Code.dns: return .dns(try self.name(&rest, "dns"))
        case Code.dns4: return .dns4(try self.name(&rest, "dns4"))
        case Code.dns6: return .dns6(try self.name(&rest, "dns6"))
        case Code.dnsaddr: return .dnsaddr(try self.name(&rest, "dnsaddr"))
        case Code.p2pCircuit: return .p2pCircuit
        case Code.p2p:
            guard let peer = try? PeerID(bytes: try self.variable(&rest, "p2p")) else {
                throw .value(protocol: "p2p", value: "binary")
            }
            return .p2p(peer)
        default: throw .unknownProtocol("\(code)")
        }
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) throws(MultiaddrError) -> UInt64 {
        guard let (value, length) = (try? Varint.decode(rest)) ?? nil else {
            throw .form("binary")
        }
        rest = rest.dropFirst(length)
        return value
    }

    private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>, _ name: String)
        throws(MultiaddrError) -> ArraySlice<UInt8>
    {
        guard rest.count >= count else { throw .value(protocol: name, value: "truncated") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private static func variable(_ rest: inout ArraySlice<UInt8>, _ name: String)
        throws(MultiaddrError) -> ArraySlice<UInt8>
    {
        let length = try self.varint(&rest)
        guard length <= UInt64(rest.count) else {
            throw .value(protocol: name, value: "truncated")
        }
        return try self.take(Int(length), &rest, name)
    }

    private static func name(_ rest: inout ArraySlice<UInt8>, _ protocolName: String)
        throws(MultiaddrError) -> String
    {
        let bytes = try self.variable(&rest, protocolName)
        let text = String(decoding: bytes, as: UTF8.self)
        guard MultiaddrText.isHostName(text), Array(text.utf8) == Array(bytes) else {
            throw .value(protocol: protocolName, value: text)
        }
        return text
    }
}
