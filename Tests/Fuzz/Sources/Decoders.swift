/// Every decoder that reads bytes of strangers, by the name of its corpus.
enum Decoders {
    static let all: [String: @Sendable ([UInt8]) -> Void] = [
        "dns": SwarmFuzzing.dns,
        "envelope": DocumentFuzzing.envelope,
        "gossipsub": GossipSubFuzzing.session,
        "identify": SwarmFuzzing.identify,
        "json": DocumentFuzzing.json,
        "multiaddr": AddressFuzzing.multiaddr,
        "multistream": NegotiationFuzzing.multistream,
        "noise-frames": NoiseFuzzing.frames,
        "noise-handshake": NoiseFuzzing.handshake,
        "payload": DocumentFuzzing.payload,
        "peer-id": AddressFuzzing.peerID,
        "relay": SwarmFuzzing.relay,
        "yamux-frames": YamuxFuzzing.frames,
        "yamux-session": YamuxFuzzing.session,
    ]
}

/// Reads an input as a row of choices and pieces.
struct InputReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.rest = bytes[...] }

    var isAtEnd: Bool { self.rest.isEmpty }

    mutating func byte() -> UInt8 { self.rest.popFirst() ?? 0 }

    /// A piece behind one byte of length, so that inputs are cut anywhere.
    mutating func piece() -> ArraySlice<UInt8> { self.take(Int(self.byte())) }

    /// A piece behind two bytes of length.
    mutating func longPiece() -> ArraySlice<UInt8> {
        self.take(Int(self.byte()) << 8 | Int(self.byte()))
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { self.rest = self.rest.dropFirst(count) }
        return self.rest.prefix(count)
    }
}
