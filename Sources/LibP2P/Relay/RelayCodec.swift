import Multiformats

/// The fields of a message, read once; of repeated fields all values, of others the last.
struct RelayFields {
    private var numbers: [Int: UInt64] = [:]
    private var values: [Int: [ArraySlice<UInt8>]] = [:]

    init(_ bytes: ArraySlice<UInt8>) throws(RelayError) {
        guard bytes.count <= RelayLimits.messageBytesMax else { throw .tooLong }
        var reader = ProtobufReader(bytes)
        do {
            while let field = try reader.next() {
                switch field.value {
                case .varint(let number): self.numbers[field.number] = number
                case .bytes(let value): self.values[field.number, default: []].append(value)
                case .fixed32, .fixed64: break
                }
            }
        } catch {
            throw .malformed
        }
    }

    func number(_ field: Int) -> UInt64? { self.numbers[field] }

    func bytes(_ field: Int) -> ArraySlice<UInt8>? { self.values[field]?.last }

    /// The addresses of a field; those that this stack does not know are left out.
    func addresses(_ field: Int) -> [Multiaddr] {
        let all = (self.values[field] ?? []).compactMap { try? Multiaddr(bytes: $0) }
        return Array(all.prefix(RelayLimits.addressesMax))
    }

    /// The nested message of a field; nil when there is none.
    func fields(_ field: Int) throws(RelayError) -> RelayFields? {
        guard let bytes = self.bytes(field) else { return nil }
        return try RelayFields(bytes)
    }

    /// The id of a nested peer; nil when the field is not there.
    func peer(_ field: Int) throws(RelayError) -> PeerID? {
        guard let fields = try self.fields(field) else { return nil }
        guard let id = fields.bytes(1), let peer = try? PeerID(bytes: id) else { throw .malformed }
        return peer
    }

    fileprivate func limit(_ field: Int) throws(RelayError) -> RelayCircuitLimit? {
        guard let fields = try self.fields(field) else { return nil }
        let seconds = UInt32(clamping: fields.number(1) ?? 0)
        return RelayCircuitLimit(seconds: seconds, bytes: fields.number(2) ?? 0)
    }
}

extension ProtobufWriter {
    fileprivate mutating func append(peer: PeerID?, field: Int) {
        guard let peer else { return }
        var nested = ProtobufWriter()
        nested.append(bytes: peer.bytes, field: 1)
        self.append(bytes: nested.bytes, field: field)
    }

    fileprivate mutating func append(limit: RelayCircuitLimit?, field: Int) {
        guard let limit else { return }
        var nested = ProtobufWriter()
        nested.append(varint: UInt64(limit.seconds), field: 1)
        nested.append(varint: limit.bytes, field: 2)
        self.append(bytes: nested.bytes, field: field)
    }
}

extension HopMessage {
    /// Reads a message without its length.
    package init(bytes: [UInt8]) throws(RelayError) {
        let fields = try RelayFields(bytes[...])
        guard let kind = fields.number(1).flatMap(Kind.init(rawValue:)) else { throw .malformed }
        self.kind = kind
        self.peer = try fields.peer(2)
        if let nested = try fields.fields(3) {
            self.reservation = RelayReservation(
                expires: nested.number(1) ?? 0,
                addresses: nested.addresses(2),
                voucher: nested.bytes(3).map { Array($0) }
            )
        }
        self.limit = try fields.limit(4)
        self.status = fields.number(5).flatMap(RelayStatus.init(rawValue:))
    }

    /// The message with its length.
    package var framed: [UInt8] {
        var writer = ProtobufWriter()
        writer.append(varint: self.kind.rawValue, field: 1)
        writer.append(peer: self.peer, field: 2)
        if let reservation = self.reservation {
            var nested = ProtobufWriter()
            nested.append(varint: reservation.expires, field: 1)
            for address in reservation.addresses { nested.append(bytes: address.bytes, field: 2) }
            if let voucher = reservation.voucher { nested.append(bytes: voucher, field: 3) }
            writer.append(bytes: nested.bytes, field: 3)
        }
        writer.append(limit: self.limit, field: 4)
        if let status = self.status { writer.append(varint: status.rawValue, field: 5) }
        return Varint.encode(UInt64(writer.bytes.count)) + writer.bytes
    }
}

extension StopMessage {
    /// Reads a message without its length.
    package init(bytes: [UInt8]) throws(RelayError) {
        let fields = try RelayFields(bytes[...])
        guard let kind = fields.number(1).flatMap(Kind.init(rawValue:)) else { throw .malformed }
        self.kind = kind
        self.peer = try fields.peer(2)
        self.limit = try fields.limit(3)
        self.status = fields.number(4).flatMap(RelayStatus.init(rawValue:))
    }

    /// The message with its length.
    package var framed: [UInt8] {
        var writer = ProtobufWriter()
        writer.append(varint: self.kind.rawValue, field: 1)
        writer.append(peer: self.peer, field: 2)
        writer.append(limit: self.limit, field: 3)
        if let status = self.status { writer.append(varint: status.rawValue, field: 4) }
        return Varint.encode(UInt64(writer.bytes.count)) + writer.bytes
    }
}
