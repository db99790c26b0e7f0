import Multiformats

/// Writes RPCs of subscriptions and control, as few frames as the size limit allows.
struct RPCEncoder {
    private var frames: [[UInt8]] = []
    private var subscriptions: [UInt8] = []
    private var control: [UInt8] = []

    /// The frames of an RPC, each with its length prefix; none for an empty RPC.
    ///
    /// Messages are not written here: each travels in the frame that
    /// ``PubsubMessage/encodeFrame()`` made once for all its receivers.
    static func frames(of rpc: RPC) -> [[UInt8]] {
        var encoder = RPCEncoder()
        for subscription in rpc.subscriptions { encoder.append(subscription) }
        for topic in rpc.control.graft {
            var graft = ProtobufWriter()
            graft.append(string: topic, field: 1)
            encoder.append(entry: graft, field: 3)
        }
        for prune in rpc.control.prune { encoder.append(prune) }
        for ihave in rpc.control.ihave {
            encoder.append(ids: ihave.ids, of: ihave.topic, idField: 2, field: 1)
        }
        encoder.append(ids: rpc.control.iwant, of: nil, idField: 1, field: 2)
        encoder.append(ids: rpc.control.idontwant, of: nil, idField: 1, field: 5)
        encoder.flush()
        return encoder.frames
    }

    private mutating func append(_ subscription: RPC.Subscription) {
        var inner = ProtobufWriter()
        inner.append(bool: subscription.isSubscribe, field: 1)
        inner.append(string: subscription.topic, field: 2)
        var outer = ProtobufWriter()
        outer.append(bytes: inner.bytes, field: 1)
        self.makeRoom(for: outer.bytes.count)
        self.subscriptions += outer.bytes
    }

    private mutating func append(_ prune: RPCControl.Prune) {
        var writer = ProtobufWriter()
        writer.append(string: prune.topic, field: 1)
        if let backoff = prune.backoffSeconds { writer.append(varint: backoff, field: 3) }
        self.append(entry: writer, field: 4)
    }

    private mutating func append(
        ids: [GossipMessageID],
        of topic: String?,
        idField: Int,
        field: Int
    ) {
        for start in stride(from: 0, to: ids.count, by: RPCLimits.idsPerEntry) {
            var writer = ProtobufWriter()
            if let topic { writer.append(string: topic, field: 1) }
            for id in ids[start..<min(start + RPCLimits.idsPerEntry, ids.count)] {
                writer.append(bytes: id.bytes, field: idField)
            }
            self.append(entry: writer, field: field)
        }
    }

    private mutating func append(entry: ProtobufWriter, field: Int) {
        var outer = ProtobufWriter()
        outer.append(bytes: entry.bytes, field: field)
        self.makeRoom(for: outer.bytes.count)
        self.control += outer.bytes
    }

    /// Starts a new frame when the next part does not fit; 16 bytes hold the surrounding fields.
    private mutating func makeRoom(for count: Int) {
        let used = self.subscriptions.count + self.control.count + 16
        if used + count > RPCLimits.outgoingBytesMax { self.flush() }
    }

    private mutating func flush() {
        guard !self.subscriptions.isEmpty || !self.control.isEmpty else { return }
        var writer = ProtobufWriter()
        if !self.control.isEmpty { writer.append(bytes: self.control, field: 3) }
        let length = self.subscriptions.count + writer.bytes.count
        self.frames.append(Varint.encode(UInt64(length)) + self.subscriptions + writer.bytes)
        self.subscriptions = []
        self.control = []
    }
}
