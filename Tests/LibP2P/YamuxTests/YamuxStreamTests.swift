import Testing

@testable import Yamux

@Suite("Yamux streams")
struct YamuxStreamTests {
    @Test("the first frame of a stream is a window update of length 0 with SYN")
    func opening() {
        var session = YamuxSession(role: .initiator)
        #expect(session.openStream() == id(1))
        #expect(session.openStream() == id(3))
        #expect(
            session.takeOutput() == windowFrame(0, flags: syn, stream: 1)
                + windowFrame(0, flags: syn, stream: 3)
        )
        var responder = YamuxSession(role: .responder)
        #expect(responder.openStream() == id(2))
    }

    @Test("a stream of the remote side is accepted with ACK")
    func accepting() throws {
        var session = YamuxSession(role: .responder)
        #expect(try session.receive(windowFrame(0, flags: syn, stream: 1)[...]) == [.opened(id(1))])
        #expect(session.takeOutput() == windowFrame(0, flags: ack, stream: 1))
    }

    @Test("data in both directions, half-close, then the other half")
    func conversation() throws {
        var pair = YamuxPair()
        let opened = pair.dialer.openStream()
        let stream = try #require(opened)
        pair.dialer.send([1, 2, 3], on: stream)
        #expect(pair.dialer.closeWrite(stream) == false)
        #expect(
            try pair.toListener() == [
                .opened(stream), .data(stream, [1, 2, 3]), .remoteClosed(stream),
            ]
        )
        pair.listener.send([4, 5], on: stream)
        #expect(pair.listener.closeWrite(stream) == true)
        #expect(
            try pair.toDialer() == [
                .data(stream, [4, 5]), .remoteClosed(stream), .closed(stream),
            ]
        )
        #expect(pair.dialer.streams.isEmpty && pair.listener.streams.isEmpty)
        #expect(pair.dialer.inboundCount == 0 && pair.dialer.outboundCount == 0)
        #expect(pair.listener.inboundCount == 0 && pair.dialer.unacknowledgedCount == 0)
    }

    @Test("nothing is sent after closeWrite")
    func noDataAfterClose() throws {
        var session = YamuxSession(role: .initiator)
        let opened = session.openStream()
        let stream = try #require(opened)
        session.closeWrite(stream)
        _ = session.takeOutput()
        session.send([1], on: stream)
        session.closeWrite(stream)
        #expect(session.takeOutput().isEmpty)
        #expect(session.pendingBytes(on: stream) == 0)
    }

    @Test("data with SYN opens a stream and delivers")
    func dataWithSYN() throws {
        var session = YamuxSession(role: .responder)
        let input = dataFrame([7, 8], flags: syn | fin, stream: 5)
        #expect(
            try session.receive(input[...]) == [
                .opened(id(5)), .data(id(5), [7, 8]), .remoteClosed(id(5)),
            ]
        )
        #expect(session.takeOutput() == windowFrame(0, flags: ack, stream: 5))
    }

    @Test("a window update with SYN enlarges the window from the start")
    func windowWithSYN() throws {
        var session = YamuxSession(role: .responder)
        _ = try session.receive(windowFrame(100, flags: syn, stream: 1)[...])
        session.send([UInt8](repeating: 1, count: 262_245), on: id(1))
        #expect(session.pendingBytes(on: id(1)) == 1)
    }

    @Test("reset tells the other side and drops what was pending")
    func resetting() throws {
        var pair = YamuxPair()
        let opened = pair.dialer.openStream()
        let stream = try #require(opened)
        _ = try pair.toListener()
        pair.dialer.send([UInt8](repeating: 1, count: 300_000), on: stream)
        _ = pair.dialer.takeOutput()
        pair.dialer.reset(stream)
        pair.dialer.reset(stream)
        #expect(pair.dialer.pendingBytes(on: stream) == 0)
        let output = pair.dialer.takeOutput()
        #expect(output == frame(type: 0, flags: rst, stream: 1))
        #expect(try pair.listener.receive(output[...]) == [.reset(stream)])
        #expect(pair.listener.streams.isEmpty && pair.listener.inboundCount == 0)
    }

    @Test("RST and FIN are understood on window updates too")
    func flagsOnWindowUpdates() throws {
        var session = YamuxSession(role: .responder)
        let input =
            windowFrame(0, flags: syn, stream: 1) + windowFrame(0, flags: fin, stream: 1)
            + windowFrame(0, flags: syn, stream: 3) + windowFrame(0, flags: rst, stream: 3)
        #expect(
            try session.receive(input[...]) == [
                .opened(id(1)), .remoteClosed(id(1)), .opened(id(3)), .reset(id(3)),
            ]
        )
    }

    @Test("frames under way when a stream was reset are tolerated, up to its window")
    func lateFrames() throws {
        var session = YamuxSession(role: .responder)
        _ = try session.receive(windowFrame(0, flags: syn, stream: 1)[...])
        session.reset(id(1))
        let late =
            dataFrame([UInt8](repeating: 0, count: 262_144), stream: 1)
            + windowFrame(9, stream: 1) + dataFrame([], flags: fin, stream: 1)
        #expect(try session.receive(late[...]) == [])
        #expect(throws: YamuxError.windowExceeded(id(1))) {
            try session.receive(dataFrame([0], stream: 1)[...])
        }
    }

    @Test("a reset in the middle of a frame drops the rest of it")
    func resetInsideFrame() throws {
        var session = YamuxSession(role: .responder)
        let bytes = dataFrame([1, 2, 3, 4], flags: syn, stream: 1)
        #expect(
            try session.receive(bytes.prefix(14)) == [.opened(id(1)), .data(id(1), [1, 2])]
        )
        session.reset(id(1))
        let more = bytes.dropFirst(14) + windowFrame(0, flags: syn, stream: 3)
        #expect(try session.receive(more) == [.opened(id(3))])
    }

    @Test("streams may arrive out of the order of their ids")
    func outOfOrder() throws {
        var session = YamuxSession(role: .responder)
        let input = windowFrame(0, flags: syn, stream: 3) + dataFrame([1], flags: syn, stream: 1)
        #expect(
            try session.receive(input[...]) == [
                .opened(id(3)), .opened(id(1)), .data(id(1), [1]),
            ]
        )
    }
}
