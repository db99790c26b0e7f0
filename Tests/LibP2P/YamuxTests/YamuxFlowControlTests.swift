import Primitives
import Testing

@testable import Yamux

@Suite("Yamux flow control")
struct YamuxFlowControlTests {
    private static let window = Int(YamuxLimits.initialWindow)

    /// Sizes of the data frames in output that holds nothing else.
    private func sizes(_ output: [UInt8]) throws -> [Int] {
        var rest = output[...]
        var sizes: [Int] = []
        while !rest.isEmpty {
            let header = try YamuxHeader(Array(rest.prefix(12)))
            #expect(header.type == .data)
            sizes.append(Int(header.length))
            rest = rest.dropFirst(12 + Int(header.length))
        }
        return sizes
    }

    @Test("data is split into frames of 64 KiB and stops at the window")
    func splitting() throws {
        var session = YamuxSession(role: .initiator)
        let opened = session.openStream()
        let stream = try #require(opened)
        _ = session.takeOutput()
        session.send([UInt8](repeating: 1, count: 300_000), on: stream)
        #expect(try self.sizes(session.takeOutput()) == [65_536, 65_536, 65_536, 65_536])
        #expect(session.pendingBytes(on: stream) == 300_000 - Self.window)
        session.closeWrite(stream)
        #expect(session.takeOutput().isEmpty, "FIN waits behind pending data")

        #expect(try session.receive(windowFrame(10, stream: 1)[...]) == [])
        #expect(try self.sizes(session.takeOutput()) == [10])
        #expect(try session.receive(windowFrame(100_000, stream: 1)[...]) == [.writable(stream)])
        let rest = 300_000 - Self.window - 10
        #expect(try self.sizes(session.takeOutput()) == [rest, 0])
    }

    @Test("the stream is closed when the last window lets the FIN go")
    func lateFIN() throws {
        var session = YamuxSession(role: .initiator)
        let opened = session.openStream()
        let stream = try #require(opened)
        session.send([UInt8](repeating: 1, count: Self.window + 1), on: stream)
        #expect(session.closeWrite(stream) == false)
        #expect(
            try session.receive(dataFrame([], flags: fin, stream: 1)[...])
                == [.remoteClosed(stream)]
        )
        #expect(
            try session.receive(windowFrame(1, stream: 1)[...])
                == [.writable(stream), .closed(stream)]
        )
        #expect(session.outboundCount == 0)
    }

    @Test("window is given back once half of it was read")
    func windowUpdates() throws {
        var session = YamuxSession(role: .responder)
        let input = dataFrame([UInt8](repeating: 1, count: Self.window), flags: syn, stream: 1)
        _ = try session.receive(input[...])
        _ = session.takeOutput()
        session.consumed(Self.window / 2 - 1, on: id(1))
        #expect(session.takeOutput().isEmpty)
        session.consumed(1, on: id(1))
        #expect(session.takeOutput() == windowFrame(131_072, stream: 1))
        let more = dataFrame([UInt8](repeating: 1, count: 131_072), stream: 1)
        #expect(try session.receive(more[...]).count == 1)
        #expect(throws: YamuxError.windowExceeded(id(1))) {
            try session.receive(dataFrame([1], stream: 1)[...])
        }
    }

    @Test("a reader cannot give back more than it got, nor a negative count")
    func clampedConsumption() throws {
        var session = YamuxSession(role: .responder)
        _ = try session.receive(dataFrame([1, 2, 3], flags: syn, stream: 1)[...])
        _ = session.takeOutput()
        session.consumed(.max, on: id(1))
        session.consumed(.min, on: id(1))
        session.consumed(1, on: id(9))
        #expect(session.takeOutput().isEmpty)
        #expect(session.streams[id(1)]?.receiveWindow == YamuxLimits.initialWindow - 3)
    }

    @Test("no window is given back after the sender's FIN")
    func noUpdateAfterFIN() throws {
        var session = YamuxSession(role: .responder)
        let data = [UInt8](repeating: 1, count: Self.window)
        _ = try session.receive(dataFrame(data, flags: syn | fin, stream: 1)[...])
        _ = session.takeOutput()
        session.consumed(Self.window, on: id(1))
        #expect(session.takeOutput().isEmpty)
    }

    @Test("CVE-2026-31814: a credit sum above 2^32 - 1 is an error and no trap")
    func overflow() throws {
        var session = YamuxSession(role: .responder)
        let most = UInt32.max - YamuxLimits.initialWindow
        _ = try session.receive(windowFrame(most, flags: syn, stream: 1)[...])
        #expect(throws: YamuxError.windowOverflow(id(1))) {
            try session.receive(windowFrame(1, stream: 1)[...])
        }
    }

    @Test("a megabyte arrives whole through two sessions and their windows")
    func megabyte() throws {
        var generator = SplitMix64(seed: 1)
        let data = (0..<1_000_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        var pair = YamuxPair()
        let opened = pair.dialer.openStream()
        let stream = try #require(opened)
        pair.dialer.send(data, on: stream)
        pair.dialer.closeWrite(stream)
        var received: [UInt8] = []
        var rounds = 0
        var isDone = false
        while !isDone, rounds < 20 {
            rounds += 1
            for event in try pair.toListener() {
                if case .data(stream, let bytes) = event {
                    received += bytes
                    pair.listener.consumed(bytes.count, on: stream)
                }
                isDone = isDone || event == .remoteClosed(stream)
            }
            _ = try pair.toDialer()
        }
        #expect(received == data)
        #expect(rounds == 4)
    }

    /// Sends whole windows to the stream's reader, who takes them; the window updates that follow.
    private func updates(_ session: inout YamuxSession, windows: Int, stream: UInt32 = 1) throws
        -> [UInt32]
    {
        var updates: [UInt32] = []
        for _ in 0..<(windows * 2) {
            let half = [UInt8](repeating: 1, count: Self.window / 2)
            _ = try session.receive(dataFrame(half, stream: stream)[...])
            session.consumed(half.count, on: id(stream))
            var rest = session.takeOutput()[...]
            while !rest.isEmpty {
                updates.append(try YamuxHeader(Array(rest.prefix(12))).length)
                rest = rest.dropFirst(12)
            }
        }
        return updates
    }

    @Test("the window of a stream of much data grows, up to a bound, and no other does")
    func growth() throws {
        var session = YamuxSession(role: .responder)
        _ = try session.receive(windowFrame(0, flags: syn, stream: 1)[...])
        _ = session.takeOutput()
        let half = YamuxLimits.initialWindow / 2
        let first = try self.updates(&session, windows: 3)
        #expect(first == [UInt32](repeating: half, count: 6))
        let all = try self.updates(&session, windows: 40)
        #expect(all.contains(half + YamuxLimits.initialWindow))
        let given = all.reduce(first.reduce(0, +), +)
        // What was given back beyond what was sent is the growth.
        let sent = UInt32(43 * Self.window)
        let growth = YamuxLimits.maximumWindow - YamuxLimits.initialWindow
        #expect(given <= sent + growth)
        #expect(given > sent + growth - YamuxLimits.maximumWindow / 2)
        #expect(session.spareWindow == YamuxLimits.sessionGrowth - growth)
        session.reset(id(1))
        #expect(session.spareWindow == YamuxLimits.sessionGrowth)
    }

    @Test("all streams together grow by no more than a session may")
    func sessionGrowth() throws {
        var session = YamuxSession(role: .responder)
        for stream in stride(from: UInt32(1), through: 15, by: 2) {
            _ = try session.receive(windowFrame(0, flags: syn, stream: stream)[...])
            _ = session.takeOutput()
            _ = try self.updates(&session, windows: 40, stream: stream)
        }
        #expect(session.spareWindow == 0)
    }

    @Test("a ping is sent once and its answer noticed; an answer to nothing is not")
    func ping() throws {
        var pair = YamuxPair()
        pair.dialer.ping(7)
        pair.dialer.ping(8)
        #expect(try pair.toListener().isEmpty)
        #expect(try pair.toDialer() == [.pong(7)])
        let unasked = try pair.dialer.receive(frame(type: 2, flags: ack, length: 8)[...])
        #expect(unasked.isEmpty)
        pair.dialer.ping(9)
        let other = try pair.dialer.receive(frame(type: 2, flags: ack, length: 8)[...])
        #expect(other.isEmpty)
        #expect(try pair.toListener().isEmpty)
        #expect(try pair.toDialer() == [.pong(9)])
    }

    @Test("queued bytes are those that wait for window and those that wait to be taken")
    func queued() throws {
        var session = YamuxSession(role: .initiator)
        let opened = session.openStream()
        let stream = try #require(opened)
        session.send([UInt8](repeating: 1, count: Self.window + 100), on: stream)
        #expect(session.queuedBytes == 12 + 4 * 12 + Self.window + 100)
        let announced = session.outputBytes
        let output = session.takeOutput()
        #expect(announced == output.count)
        #expect(session.queuedBytes == 100)
        _ = try session.receive(windowFrame(40, stream: 1)[...])
        #expect(session.queuedBytes == 12 + 40 + 60)
        _ = session.takeOutput()
        session.reset(stream)
        #expect(session.queuedBytes == 12, "what waited for window is gone with its stream")
    }
}
