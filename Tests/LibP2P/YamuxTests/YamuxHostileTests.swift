import Primitives
import Testing

@testable import Yamux

@Suite("Yamux against hostile peers")
struct YamuxHostileTests {
    @Test(
        "CVE-2026-32314: a broken rule ends the session with its reason and a go-away",
        arguments: [
            ([1] + frame(type: 0, stream: 1).dropFirst(), YamuxError.version(1)),
            (frame(type: 4), .frameType(4)),
            (frame(type: 0, stream: 1, length: 1_048_577), .frameLength(1_048_577)),
            (frame(type: 0, stream: 1, length: .max), .frameLength(.max)),
            (frame(type: 0, flags: syn), .sessionStream(id(0))),
            (frame(type: 1, flags: syn), .sessionStream(id(0))),
            (frame(type: 2, flags: syn, stream: 1), .sessionStream(id(1))),
            (frame(type: 3, stream: 1), .sessionStream(id(1))),
            (windowFrame(0, flags: syn, stream: 2), .streamParity(id(2))),
            (windowFrame(0, stream: 1), .unknownStream(id(1))),
            (dataFrame([1], stream: 1), .unknownStream(id(1))),
            (dataFrame([], flags: rst, stream: 2), .unknownStream(id(2))),
            (
                windowFrame(0, flags: syn, stream: 1) + windowFrame(0, flags: syn, stream: 1),
                .streamInUse(id(1))
            ),
            (
                dataFrame([], flags: syn | fin, stream: 1) + dataFrame([1], stream: 1),
                .dataAfterClose(id(1))
            ),
            (
                dataFrame([1], flags: syn, stream: 1)
                    + frame(type: 0, stream: 1, length: 262_144),
                .windowExceeded(id(1))
            ),
            // More data with SYN than the window that the stream begins with.
            (frame(type: 0, flags: syn, stream: 1, length: 262_145), .windowExceeded(id(1))),
        ]
    )
    func violations(input: [UInt8], expected: YamuxError) {
        var session = YamuxSession(role: .responder)
        #expect(throws: expected) { try session.receive(input[...]) }
        #expect(session.takeOutput().suffix(12) == frame(type: 3, length: 1)[...])
        #expect(throws: expected) { try session.receive([]) }
        #expect(session.openStream() == nil)
        session.send([1], on: id(1))
        session.closeWrite(id(1))
        session.reset(id(1))
        session.goAway()
        #expect(session.takeOutput().isEmpty)
        #expect(!expected.description.isEmpty)
    }

    @Test("the same events come whatever the cut of the input")
    func everySplit() throws {
        let input =
            windowFrame(0, flags: syn, stream: 1) + dataFrame([1, 2, 3], stream: 1)
            + frame(type: 2, flags: syn, length: 0xdead_beef)
            + dataFrame([4, 5], flags: syn | fin, stream: 3)
            + dataFrame([6], flags: fin, stream: 1) + frame(type: 3, length: 0)
        var whole = YamuxSession(role: .responder)
        let events = try whole.receive(input[...])
        let output = whole.takeOutput()
        #expect(events.count == 8)
        for cut in 0...input.count {
            var session = YamuxSession(role: .responder)
            var parts = try session.receive(input[..<cut])
            parts += try session.receive(input[cut...])
            #expect(joined(parts) == events)
            #expect(session.takeOutput() == output)
        }
        var session = YamuxSession(role: .responder)
        let single = try input.flatMap { try session.receive([$0]) }
        #expect(joined(single) == events)
    }

    @Test("streams above the bound are refused with RST and leave no trace")
    func tooManyStreams() throws {
        var session = YamuxSession(role: .responder)
        for number in 0..<256 {
            _ = try session.receive(windowFrame(0, flags: syn, stream: UInt32(2 * number + 1))[...])
        }
        _ = session.takeOutput()
        let refused = dataFrame([1, 2], flags: syn, stream: 513)
        #expect(try session.receive(refused[...]) == [])
        #expect(session.takeOutput() == frame(type: 0, flags: rst, stream: 513))
        session.reset(id(1))
        _ = session.takeOutput()
        let next = windowFrame(0, flags: syn, stream: 515)
        #expect(try session.receive(next[...]) == [.opened(id(515))])
    }

    @Test("this side opens no more than the peer has room for")
    func acknowledgementBacklog() throws {
        var limits = YamuxLimits.standard
        limits.unacknowledgedStreams = 2
        limits.outboundStreams = 3
        var session = YamuxSession(role: .initiator, limits: limits)
        #expect(session.openStream() == id(1))
        #expect(session.openStream() == id(3))
        #expect(session.openStream() == nil)
        _ = try session.receive(windowFrame(0, flags: ack, stream: 1)[...])
        _ = try session.receive(windowFrame(0, flags: ack, stream: 1)[...])
        #expect(session.openStream() == id(5))
        _ = try session.receive(dataFrame([], flags: ack, stream: 3)[...])
        #expect(session.openStream() == nil)
        _ = try session.receive(dataFrame([], flags: rst, stream: 5)[...])
        #expect(session.openStream() == id(7))
    }

    @Test("ids are never used twice")
    func spentIDs() {
        var session = YamuxSession(role: .initiator)
        session.nextID = .max
        #expect(session.openStream() == id(.max))
        #expect(session.openStream() == nil)
    }

    @Test("pings are answered with their value, answers are not")
    func pings() throws {
        var session = YamuxSession(role: .responder)
        let input = frame(type: 2, flags: syn, length: 7) + frame(type: 2, flags: ack, length: 8)
        #expect(try session.receive(input[...]) == [])
        #expect(session.takeOutput() == frame(type: 2, flags: ack, length: 7))
    }

    @Test("CVE-2024-32984: a flood of pings without reading the answers ends the session")
    func pingFlood() throws {
        var session = YamuxSession(role: .responder)
        let ping = frame(type: 2, flags: syn, length: 7)
        for _ in 0..<2 {
            for _ in 0..<1_024 { _ = try session.receive(ping[...]) }
            #expect(session.takeOutput().count == 1_024 * 12)
        }
        for _ in 0..<1_024 { _ = try session.receive(ping[...]) }
        #expect(throws: YamuxError.tooManyAnswers) { try session.receive(ping[...]) }
    }

    @Test("after a go-away of either side no stream opens, open ones go on")
    func goingAway() throws {
        var pair = YamuxPair()
        let opened = pair.dialer.openStream()
        let stream = try #require(opened)
        _ = try pair.toListener()
        pair.listener.goAway()
        pair.listener.goAway()
        #expect(try pair.toDialer() == [.goAway(0)])
        #expect(pair.dialer.openStream() == nil)
        #expect(pair.listener.openStream() == nil)
        pair.dialer.send([1], on: stream)
        #expect(try pair.toListener() == [.data(stream, [1])])
        #expect(try pair.listener.receive(windowFrame(0, flags: syn, stream: 9)[...]) == [])
        #expect(pair.listener.takeOutput() == frame(type: 0, flags: rst, stream: 9))
    }

    @Test(
        "random bytes and random frames never crash a session",
        arguments: 0..<50 as Range<UInt64>
    )
    func fuzz(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<40 {
            var session = YamuxSession(role: seed.isMultiple(of: 2) ? .initiator : .responder)
            for _ in 0..<4 { _ = session.openStream() }
            do {
                for _ in 0..<200 {
                    try self.step(&session, &generator)
                    self.checkCounts(session)
                }
            } catch {
                #expect(session.failure == error as? YamuxError)
            }
            #expect(session.header.count < 12)
        }
    }

    /// The counters that bound the session agree with its streams.
    private func checkCounts(_ session: YamuxSession) {
        let own = session.streams.filter { session.role.owns($0.key) }
        #expect(session.outboundCount == own.count)
        #expect(session.inboundCount == session.streams.count - own.count)
        #expect(session.unacknowledgedCount == own.filter { !$0.value.isAcknowledged }.count)
        let pending = session.streams.values.reduce(0) { $0 + $1.pending.count }
        #expect(session.queuedBytes == session.outputBytes + pending)
    }

    /// One input or call; most frames keep the rules, so that sessions live long.
    private func step(
        _ session: inout YamuxSession,
        _ generator: inout SplitMix64
    ) throws {
        let type = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2].randomElement(using: &generator) ?? 0
        let stream = type == 2 ? 0 : UInt32.random(in: 1...8, using: &generator)
        let length = UInt32.random(in: 0...40, using: &generator)
        let isNew = !session.role.owns(id(stream)) && session.streams[id(stream)] == nil
        let others = [0, 0, 0, 0, 0, ack, fin, rst, fin | rst]
        let flags = (isNew ? syn : 0) | (others.randomElement(using: &generator) ?? 0)
        var bytes = frame(type: UInt8(type), flags: flags, stream: stream, length: length)
        if type == 0 { bytes += (0..<length).map { UInt8($0) } }
        switch Int.random(in: 0..<40, using: &generator) {
        case 0: bytes[Int.random(in: 0..<12, using: &generator)] ^= 1
        case 1...3: session.reset(id(stream))
        case 4...6: session.closeWrite(id(stream))
        case 7...9: session.consumed(Int(length), on: id(stream))
        case 10...12: session.send(bytes, on: id(stream))
        // More than the window, so that some of it waits.
        case 20: session.send([UInt8](repeating: 1, count: 300_000), on: id(stream))
        case 13...15: _ = session.openStream()
        case 16...18: _ = session.takeOutput()
        case 19 where session.payload == nil: session.goAway()
        default: break
        }
        let cut = Int.random(in: 0...bytes.count, using: &generator)
        _ = try session.receive(bytes[..<cut])
        _ = try session.receive(bytes[cut...])
    }

    @Test("pure noise never crashes a session", arguments: 0..<50 as Range<UInt64>)
    func noise(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var session = YamuxSession(role: .responder)
        let bytes = (0..<200).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        #expect(throws: YamuxError.self) { try session.receive(bytes[...]) }
    }
}
