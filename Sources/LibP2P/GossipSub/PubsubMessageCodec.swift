import Multiformats

/// A message of an RPC, still lying in the RPC's bytes.
///
/// Most messages arrive several times; only the first copy is worth its own memory.
struct PubsubMessageView {
    private var from: ArraySlice<UInt8> = []
    private var data: ArraySlice<UInt8> = []
    private var sequenceNumber: ArraySlice<UInt8> = []
    private(set) var topic = ""
    private var signature: ArraySlice<UInt8> = []
    private var key: ArraySlice<UInt8>?

    /// Finds the members of a message.
    ///
    /// - Throws: ``RPCError/notStrictSign`` when one that StrictSign demands is missing.
    init(_ bytes: ArraySlice<UInt8>) throws(RPCError) {
        var reader = ProtobufReader(bytes)
        while let field = try RPCDecoder.next(&reader) {
            switch field.number {
            case 1: self.from = try RPCDecoder.bytes(of: field)
            case 2: self.data = try RPCDecoder.bytes(of: field)
            case 3: self.sequenceNumber = try RPCDecoder.bytes(of: field)
            case 4: self.topic = try RPCDecoder.topic(of: field)
            case 5: self.signature = try RPCDecoder.bytes(of: field)
            case 6: self.key = try RPCDecoder.bytes(of: field)
            default: break
            }
        }
        let longest = max(self.from.count, self.signature.count, self.key?.count ?? 0)
        guard !self.topic.isEmpty, !self.from.isEmpty, !self.signature.isEmpty,
            self.sequenceNumber.count == SequenceNumber.length,
            longest <= RPCLimits.signerBytesMax
        else { throw .notStrictSign }
    }

    var id: GossipMessageID {
        GossipMessageID(from: self.from, sequenceNumber: self.sequenceNumber)
    }

    /// The message in memory of its own.
    var message: PubsubMessage {
        PubsubMessage(
            from: Array(self.from),
            data: Array(self.data),
            sequenceNumber: Array(self.sequenceNumber),
            topic: self.topic,
            signature: Array(self.signature),
            key: self.key.map { Array($0) }
        )
    }

    /// What the message costs while it is kept.
    var byteCount: Int { PubsubMessage.cost(dataCount: self.data.count) }

    /// Whether this is the same message, byte for byte.
    func matches(_ message: PubsubMessage) -> Bool {
        self.signature == message.signature[...] && self.data == message.data[...]
            && self.topic.utf8.elementsEqual(message.topic.utf8)
            && self.from == message.from[...]
            && self.sequenceNumber == message.sequenceNumber[...]
            && self.key == message.key.map { $0[...] }
    }
}

/// The wire form of ``PubsubMessage``.
///
/// Source: libp2p pubsub spec, The Message: from 1, data 2, seqno 3, topic 4, signature 5, key 6.
extension PubsubMessage {
    /// What the message costs while it is kept.
    var byteCount: Int { Self.cost(dataCount: self.data.count) }

    /// The payload, and a round figure for the other members and the bookkeeping.
    static func cost(dataCount: Int) -> Int { dataCount + 1_024 }

    /// All members but signature and key, in the order of their numbers, behind some bytes.
    func encodeUnsigned(after prefix: [UInt8] = []) -> [UInt8] {
        var writer = ProtobufWriter(after: prefix, reserving: self.byteCount)
        self.appendUnsigned(to: &writer)
        return writer.bytes
    }

    private func appendUnsigned(to writer: inout ProtobufWriter) {
        writer.append(bytes: self.from, field: 1)
        writer.append(bytes: self.data, field: 2)
        writer.append(bytes: self.sequenceNumber, field: 3)
        writer.append(string: self.topic, field: 4)
    }

    /// Bytes of all members on the wire.
    private var encodedLength: Int {
        let length =
            ProtobufWriter.length(ofBytes: self.from.count, field: 1)
            + ProtobufWriter.length(ofBytes: self.data.count, field: 2)
            + ProtobufWriter.length(ofBytes: self.sequenceNumber.count, field: 3)
            + ProtobufWriter.length(ofBytes: self.topic.utf8.count, field: 4)
            + ProtobufWriter.length(ofBytes: self.signature.count, field: 5)
        guard let key = self.key else { return length }
        return length + ProtobufWriter.length(ofBytes: key.count, field: 6)
    }

    /// The RPC that carries this message alone, with its length prefix.
    func encodeFrame() -> [UInt8] {
        let length = self.encodedLength
        // The message is the only field of the RPC.
        var frame = ProtobufWriter(framing: ProtobufWriter.length(ofBytes: length, field: 2))
        frame.appendHead(ofBytes: length, field: 2)
        self.appendUnsigned(to: &frame)
        frame.append(bytes: self.signature, field: 5)
        if let key = self.key { frame.append(bytes: key, field: 6) }
        return frame.bytes
    }
}
