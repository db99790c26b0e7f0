import Multiformats

/// Reads RPCs from untrusted bytes; unknown fields are skipped.
struct RPCDecoder {
    private var rpc = RPC()
    private var controlEntries = 0
    private var controlBytes = 0
    private var messageIDs = 0
    private var offers = 0

    /// Reads one RPC, without its length prefix.
    static func decode(_ frame: [UInt8]) throws(RPCError) -> RPC {
        guard frame.count <= RPCLimits.incomingBytesMax else { throw .overLimit }
        var decoder = RPCDecoder()
        var reader = ProtobufReader(frame[...])
        while let field = try Self.next(&reader) {
            try decoder.take(field)
        }
        return decoder.rpc
    }

    private mutating func take(_ field: ProtobufField) throws(RPCError) {
        switch field.number {
        case 1: try self.takeSubscription(Self.bytes(of: field))
        case 2:
            guard self.rpc.messages.count < RPCLimits.messagesMax else { throw .overLimit }
            self.rpc.messages.append(try Self.bytes(of: field))
        case 3: try self.takeControl(Self.bytes(of: field))
        default: break
        }
    }

    private mutating func takeSubscription(_ bytes: ArraySlice<UInt8>) throws(RPCError) {
        guard self.rpc.subscriptions.count < RPCLimits.subscriptionsMax else { throw .overLimit }
        var reader = ProtobufReader(bytes)
        var subscription = RPC.Subscription(topic: "", isSubscribe: false)
        while let field = try Self.next(&reader) {
            switch field.number {
            case 1: subscription.isSubscribe = try Self.number(of: field) != 0
            case 2: subscription.topic = try Self.topic(of: field)
            default: break
            }
        }
        self.rpc.subscriptions.append(subscription)
    }

    private mutating func takeControl(_ bytes: ArraySlice<UInt8>) throws(RPCError) {
        // Counted before it is decoded: entries take more room in memory than on the wire.
        self.controlBytes += bytes.count
        guard self.controlBytes <= RPCLimits.controlBytesMax else { throw .overLimit }
        var reader = ProtobufReader(bytes)
        while let field = try Self.next(&reader) {
            guard (1...5).contains(field.number) else { continue }
            self.controlEntries += 1
            guard self.controlEntries <= RPCLimits.controlEntriesMax else { throw .overLimit }
            let entry = try Self.bytes(of: field)
            switch field.number {
            case 1: try self.takeIHave(entry)
            case 2: self.rpc.control.iwant += try self.messageIDs(in: entry)
            case 3: try self.takeGraft(entry)
            case 4: try self.takePrune(entry)
            default: self.rpc.control.idontwant += try self.messageIDs(in: entry)
            }
        }
    }

    private mutating func takeIHave(_ bytes: ArraySlice<UInt8>) throws(RPCError) {
        var reader = ProtobufReader(bytes)
        var ihave = RPCControl.IHave(topic: "", ids: [])
        while let field = try Self.next(&reader) {
            switch field.number {
            case 1: ihave.topic = try Self.topic(of: field)
            case 2: ihave.ids.append(try self.messageID(of: field))
            default: break
            }
        }
        self.rpc.control.ihave.append(ihave)
    }

    /// The ids of an IWANT or IDONTWANT, which look the same.
    private mutating func messageIDs(in bytes: ArraySlice<UInt8>) throws(RPCError)
        -> [GossipMessageID]
    {
        var reader = ProtobufReader(bytes)
        var ids: [GossipMessageID] = []
        while let field = try Self.next(&reader) {
            if field.number == 1 { ids.append(try self.messageID(of: field)) }
        }
        return ids
    }

    private mutating func takeGraft(_ bytes: ArraySlice<UInt8>) throws(RPCError) {
        var reader = ProtobufReader(bytes)
        var topic = ""
        while let field = try Self.next(&reader) {
            if field.number == 1 { topic = try Self.topic(of: field) }
        }
        self.rpc.control.graft.append(topic)
    }

    private mutating func takePrune(_ bytes: ArraySlice<UInt8>) throws(RPCError) {
        var reader = ProtobufReader(bytes)
        var prune = RPCControl.Prune(topic: "", backoffSeconds: nil)
        while let field = try Self.next(&reader) {
            switch field.number {
            case 1: prune.topic = try Self.topic(of: field)
            case 2: try self.takeOffer(field, of: &prune)
            case 3: prune.backoffSeconds = try Self.number(of: field)
            default: break
            }
        }
        self.rpc.control.prune.append(prune)
    }

    private mutating func takeOffer(_ field: ProtobufField, of prune: inout RPCControl.Prune)
        throws(RPCError)
    {
        let offer = try Self.bytes(of: field)
        self.offers += 1
        if self.offers <= RPCLimits.offeredPeersMax { prune.offers.append(offer) }
    }

    private mutating func messageID(of field: ProtobufField) throws(RPCError) -> GossipMessageID {
        self.messageIDs += 1
        guard self.messageIDs <= RPCLimits.messageIDsMax else { throw .overLimit }
        let bytes = try Self.bytes(of: field)
        guard bytes.count <= RPCLimits.messageIDBytesMax else { throw .overLimit }
        return GossipMessageID(bytes: Array(bytes))
    }
}

/// The steps that RPCs and messages share.
extension RPCDecoder {
    static func next(_ reader: inout ProtobufReader) throws(RPCError) -> ProtobufField? {
        do {
            return try reader.next()
        } catch {
            throw .malformed
        }
    }

    static func bytes(of field: ProtobufField) throws(RPCError) -> ArraySlice<UInt8> {
        guard case .bytes(let bytes) = field.value else { throw .malformed }
        return bytes
    }

    static func number(of field: ProtobufField) throws(RPCError) -> UInt64 {
        guard case .varint(let number) = field.value else { throw .malformed }
        return number
    }

    static func topic(of field: ProtobufField) throws(RPCError) -> String {
        let bytes = try Self.bytes(of: field)
        guard bytes.count <= RPCLimits.topicBytesMax else { throw .overLimit }
        guard let topic = String(validating: bytes, as: UTF8.self) else { throw .malformed }
        return topic
    }
}
