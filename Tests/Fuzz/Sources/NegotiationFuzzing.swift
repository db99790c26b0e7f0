import MultistreamSelect

/// Both sides of a negotiation; what a peer makes them answer stays in proportion.
enum NegotiationFuzzing {
    @Sendable static func multistream(_ input: [UInt8]) {
        var reader = InputReader(input)
        var listener = MultistreamListener(supported: ["/meshsub/1.1.0", "/ipfs/ping/1.0.0"])
        var dialer = MultistreamDialer(protocols: ["/meshsub/1.1.0", "/floodsub/1.0.0"])
        _ = dialer.start()
        while !reader.isAtEnd {
            let piece = reader.piece()
            _ = try? listener.receive(piece)
            _ = try? dialer.receive(piece)
            precondition(listener.takeOutput().count < 65_536, "an answer out of proportion")
            precondition(dialer.takeOutput().count < 65_536, "an answer out of proportion")
        }
    }
}
