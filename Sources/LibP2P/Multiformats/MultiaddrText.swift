/// The text form of multiaddrs.
enum MultiaddrText {
    static func parse(_ text: String) throws(MultiaddrError) -> [Multiaddr.Component] {
        var parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)[
            ...
        ]
        guard parts.popFirst()?.isEmpty == true, !parts.isEmpty else { throw .form(text) }
        if parts.last?.isEmpty == true { parts.removeLast() }
        var components: [Multiaddr.Component] = []
        while let name = parts.popFirst().map({ String($0) ?? "" }) {
            guard components.count < Multiaddr.componentsMax else { throw .tooLong }
            if name == "p2p-circuit" {
                components.append(.p2pCircuit)
                continue
            }
            let value = parts.popFirst().map { String($0) ?? "" }
            components.append(try self.component(name, value, in: text))
        }
        return components
    }

    private static func component(_ name: String, _ value: String?, in text: String)
        throws(MultiaddrError) -> Multiaddr.Component
    {
        guard !name.isEmpty else { throw .form(text) }
        let value = value ?? ""
        let parsed: Multiaddr.Component?
        switch name {
        case "ip4": parsed = IPAddressText.parseIPv4(value).map { .ip4($0) }
        case "ip6": parsed = IPAddressText.parseIPv6(value).map { .ip6($0) }
        case "dns": parsed = self.hostName(value).map { .dns($0) }
        case "dns4": parsed = self.hostName(value).map { .dns4($0) }
        case "dns6": parsed = self.hostName(value).map { .dns6($0) }
        case "dnsaddr": parsed = self.hostName(value).map { .dnsaddr($0) }
        case "tcp": parsed = self.port(value).map { .tcp($0) }
        case "p2p", "ipfs": parsed = (try? PeerID(value)).map { .p2p($0) }
        default: throw .unknownProtocol(name)
        }
        guard let parsed else { throw .value(protocol: name, value: value) }
        return parsed
    }

    private static func port(_ text: String) -> UInt16? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return UInt16(text)
    }

    /// Printable ASCII without the slash that would end it in text.
    static func isHostName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
    }

    private static func hostName(_ text: String) -> String? {
        self.isHostName(text) ? text : nil
    }

    static func write(_ component: Multiaddr.Component) -> String {
        switch component {
        case .ip4(let bytes): "/ip4/\(bytes.map(String.init).joined(separator: "."))"
        case .ip6(let bytes): "/ip6/\(IPAddressText.writeIPv6(bytes))"
        case .dns(let name): "/dns/\(name)"
        case .dns4(let name): "/dns4/\(name)"
        case .dns6(let name): "/dns6/\(name)"
        case .dnsaddr(let name): "/dnsaddr/\(name)"
        case .tcp(let port): "/tcp/\(port)"
        case .p2p(let peer): "/p2p/\(peer)"
        case .p2pCircuit: "/p2p-circuit"
        }
    }
}
