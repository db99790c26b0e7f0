package import Multiformats

/// The look-up of a `/dnsaddr` address, or of the addresses in the TXT records of any name: which
/// names to ask, and which addresses the answers bring.
///
/// Pure: ``takeQueries()`` names what to ask next, ``answered(_:_:)`` and ``failed(_:_:)`` take in
/// what came of it, and ``isFinished`` says when there is nothing more to ask.
///
/// Source: multiaddr specification, protocols/DNSADDR.md; libp2p/specs addressing/README.md.
package struct DNSAddressLookup: Sendable {
    private struct Pending: Sendable {
        /// What every address found below this name must end in.
        var suffixes: [[Multiaddr.Component]] = []
        var depth = 1
        /// Whether an address may stand alone, without `dnsaddr=`.
        var takesBareAddresses = false
    }

    private static let prefix = Array("dnsaddr=".utf8)

    private var waiting: [(name: DNSName, pending: Pending)] = []
    private var asked: [(name: DNSName, pending: Pending)] = []
    private var queryCount = 0
    /// What was found, in the order of the answers, without repetition.
    private(set) var addresses: [Multiaddr] = []
    /// Why the last name brought nothing.
    private(set) var failure: String?

    /// Prepares a look-up; an address that is not `/dnsaddr/…` is its own answer.
    package init(_ address: Multiaddr) { self.add(address, below: nil) }

    /// Prepares a look-up of a name; each of its records holds one address, behind `dnsaddr=` or not.
    package init(_ name: DNSName) {
        self.queryCount = 1
        self.waiting = [(name, Pending(takesBareAddresses: true))]
    }

    var isFinished: Bool { self.waiting.isEmpty && self.asked.isEmpty }

    /// The names whose TXT records are to be asked for now.
    mutating func takeQueries() -> [DNSName] {
        defer {
            self.asked += self.waiting
            self.waiting = []
        }
        return self.waiting.map(\.name)
    }

    /// Takes in the TXT records of a name; each is the list of its strings.
    mutating func answered(_ name: DNSName, _ records: [[[UInt8]]]) {
        guard let pending = self.remove(name) else { return }
        for record in records.prefix(DNSLimits.recordsMax) {
            // A long entry comes in several strings of one record.
            let text = Array(record.joined())
            let isMarked = text.starts(with: Self.prefix)
            guard isMarked || pending.takesBareAddresses else { continue }
            let value = isMarked ? text.dropFirst(Self.prefix.count) : text[...]
            guard let address = try? Multiaddr(String(decoding: value, as: UTF8.self)) else {
                continue
            }
            self.add(address, below: pending)
        }
        if self.addresses.isEmpty { self.failure = "\(name) has no entry that can be dialled" }
    }

    /// A name could not be asked for.
    mutating func failed(_ name: DNSName, _ reason: String) {
        if self.remove(name) != nil { self.failure = "\(name): \(reason)" }
    }

    private mutating func remove(_ name: DNSName) -> Pending? {
        guard let index = self.asked.firstIndex(where: { $0.name == name }) else { return nil }
        return self.asked.remove(at: index).pending
    }

    private mutating func add(_ address: Multiaddr, below parent: Pending?) {
        let suffixes = parent?.suffixes ?? []
        guard case .dnsaddr(let host)? = address.components.first else {
            guard suffixes.allSatisfy(address.components.ends(with:)),
                !self.addresses.contains(address),
                self.addresses.count < DNSLimits.addressesMax
            else { return }
            self.addresses.append(address)
            return
        }
        let depth = (parent?.depth ?? 0) + 1
        let suffix = Array(address.components.dropFirst())
        // An entry that points on has to agree with what was asked for as far as it names it.
        guard suffixes.allSatisfy({ suffix.agrees(with: $0) }) else { return }
        guard depth <= DNSLimits.depthMax, self.queryCount < DNSLimits.queriesMax,
            let name = DNSName(host)?.below("_dnsaddr")
        else {
            self.failure = "the entries of \(host) lead too far"
            return
        }
        self.queryCount += 1
        let all = suffix.isEmpty ? suffixes : suffixes + [suffix]
        self.waiting.append((name, Pending(suffixes: all, depth: depth)))
    }
}

extension Array<Multiaddr.Component> {
    fileprivate func ends(with suffix: [Element]) -> Bool {
        self.count >= suffix.count && Array(self.suffix(suffix.count)) == suffix
    }

    /// Whether the shorter of two endings is the end of the longer one.
    fileprivate func agrees(with other: [Element]) -> Bool {
        self.ends(with: other) || other.ends(with: self)
    }
}
