import Yamux

/// A session against a stranger's frames, alone and in the middle of its own work.
enum YamuxFuzzing {
    @Sendable static func frames(_ input: [UInt8]) {
        var session = YamuxSession(role: .responder)
        var rest = input[...]
        while !rest.isEmpty {
            let piece = rest.prefix(97)
            rest = rest.dropFirst(97)
            guard (try? session.receive(piece)) != nil else { return }
            Self.checkOutput(&session)
        }
    }

    @Sendable static func session(_ input: [UInt8]) {
        var reader = InputReader(input)
        var session = YamuxSession(role: .initiator)
        var streams: [YamuxStreamID] = []
        while !reader.isAtEnd {
            let operation = reader.byte()
            let stream = streams.isEmpty ? nil : streams[Int(reader.byte()) % streams.count]
            switch (operation % 8, stream) {
            case (0, _): if let opened = session.openStream() { streams.append(opened) }
            case (1, let stream?): session.send(Array(reader.piece()), on: stream)
            case (2, let stream?): session.closeWrite(stream)
            case (3, let stream?): session.reset(stream)
            case (4, let stream?): session.consumed(Int(reader.byte()) << 12, on: stream)
            case (5, _): session.goAway()
            default:
                guard let events = try? session.receive(reader.longPiece()) else { return }
                for case .opened(let stream) in events { streams.append(stream) }
            }
            Self.checkOutput(&session)
        }
    }

    private static func checkOutput(_ session: inout YamuxSession) {
        precondition(session.takeOutput().count < 1 << 20, "a peer causes output without reading")
    }
}
