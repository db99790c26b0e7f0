import Cryptography
import Multiformats
import NIOCore
import StackSupport
import Testing
import Yamux

@testable import Swarm

@Suite("Bad input on the streams of a connection")
struct SwarmStreamTests {
    /// A host with an honest peer, and a hostile one whose muxer runs.
    private struct Scene {
        let host: Host
        let honest: Host
        let hostile: HostilePeer

        init(_ configure: (inout SwarmConfiguration) -> Void = { _ in }) async throws {
            self.host = try await Host(configure: configure)
            self.honest = try await Host()
            try await self.honest.meet(self.host)
            self.hostile = try await HostilePeer(dialling: self.host)
            try await self.hostile.mux()
        }

        /// The honest peer is served as if nothing had happened.
        func finish() async throws {
            let answer = try await self.honest.ask(self.host.peer, [1, 2, 3], token: 1)
            #expect(answer == [3, 2, 1])
            await self.host.stop()
            await self.honest.stop()
        }

        /// The hostile peer's other streams go on as well.
        func finishWithServingHostile() async throws {
            #expect(!self.hostile.isClosed)
            let request = ExchangeReader.frame([7, 8])
            let stream = try self.hostile.openStream(Names.exchange, request)
            try await eventually("an answer on another stream") {
                try self.hostile.pump()
                return self.hostile.bytes(on: stream).suffix(6) == [0, 0, 0, 2, 8, 7]
            }
            try await self.finish()
        }
    }

    @Test(
        "A broken muxer frame ends the connection",
        arguments: [
            [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            [0, 9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
            // Data for a stream that was never opened, a window that overflows, a frame too long.
            [0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 0, 1, 1],
            [0, 1, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff],
            [0, 0, 0, 1, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff],
        ] as [[UInt8]]
    )
    func brokenMuxer(frame: [UInt8]) async throws {
        let scene = try await Scene()
        scene.hostile.sendSecured(frame)
        try await scene.hostile.waitForClose()
        try await eventually("the end") { scene.host.notes.now.disconnected.count == 1 }
        try await scene.finish()
    }

    @Test("Random bytes inside yamux end the connection")
    func randomMuxer() async throws {
        let scene = try await Scene()
        scene.hostile.sendSecured([1] + SecureRandom.bytes(255))
        try await scene.hostile.waitForClose()
        try await scene.finish()
    }

    @Test(
        "A length that is too large or malformed resets a frame stream and nothing else",
        arguments: [
            Varint.encode(UInt64(SwarmLimits.frameBytesMax) + 1), Varint.encode(1 << 62),
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], [0x81, 0x00],
        ] as [[UInt8]]
    )
    func frameLength(prefix: [UInt8]) async throws {
        let scene = try await Scene()
        let stream = try scene.hostile.openStream(Names.frames, [1, 42] + prefix)
        try await scene.hostile.waitForReset(of: stream)
        try await scene.finishWithServingHostile()
    }

    @Test("Frames of no bytes are frames")
    func emptyFrames() async throws {
        // The hostile peer takes no frames, so its own ones wait until that is clear.
        let scene = try await Scene { $0.exchangeTimeout = .milliseconds(1_500) }
        let before = scene.host.notes.now.frames.count
        _ = try scene.hostile.openStream(Names.frames, [0, 0, 1, 5])
        try await eventually("the frames") {
            scene.host.notes.now.frames.dropFirst(before) == [[], [], [5]]
        }
        try await scene.finishWithServingHostile()
    }

    @Test(
        "A wrong length, or bytes behind the document, reset an exchange and nothing else",
        arguments: [
            [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff], [0, 0x80, 0, 1], [0, 0, 0, 1, 5, 6],
        ] as [[UInt8]]
    )
    func exchangeLength(bytes: [UInt8]) async throws {
        let scene = try await Scene()
        let stream = try scene.hostile.openStream(Names.exchange, bytes)
        try await scene.hostile.waitForReset(of: stream)
        #expect(scene.host.notes.now.requests.isEmpty)
        try await scene.finishWithServingHostile()
    }

    @Test("A request that is cut off by FIN is given up at once")
    func halfRequest() async throws {
        let scene = try await Scene()
        let stream = try scene.hostile.openStream(Names.exchange, [0, 0, 0, 9, 1])
        scene.hostile.closeWrite(stream)
        try await scene.hostile.waitForReset(of: stream)
        #expect(scene.host.notes.now.requests.isEmpty)
        try await scene.finishWithServingHostile()
    }

    @Test("Streams that stall, before or after their protocol is named, are reset in time")
    func stallingStreams() async throws {
        let scene = try await Scene { $0.exchangeTimeout = .milliseconds(1_500) }
        let half = try scene.hostile.openStream(Names.exchange, [0, 0, 0, 9, 1])
        let unknown = try scene.hostile.openStream("/nobody/speaks/this")
        try await scene.hostile.waitForReset(of: half)
        try await scene.hostile.waitForReset(of: unknown)
        try await scene.finishWithServingHostile()
    }

    @Test("An exchange of ours that nobody answers fails in time")
    func silentAnswer() async throws {
        let scene = try await Scene { $0.exchangeTimeout = .milliseconds(1_500) }
        #expect(try await scene.host.ask(scene.hostile.peer, [1], token: 9) == nil)
        #expect(scene.host.notes.now.failures[9]?.contains("no answer") == true)
        try await scene.finishWithServingHostile()
    }

    @Test("An exchange of ours fails when the connection ends under it")
    func lostAnswer() async throws {
        let scene = try await Scene()
        scene.host.swarm.openExchange(
            token: 9,
            peer: scene.hostile.peer,
            protocolID: Names.exchange,
            request: [1]
        )
        await scene.hostile.hangUp()
        try await eventually("the failure") { scene.host.notes.now.failures[9] != nil }
        try await scene.finish()
    }

    @Test("A second frame stream takes the place of the first, whose memory is freed")
    func secondFrameStream() async throws {
        let scene = try await Scene { $0.exchangeTimeout = .milliseconds(1_500) }
        let first = try scene.hostile.openStream(Names.frames, Varint.encode(1_000_000) + [1])
        let second = try scene.hostile.openStream(Names.frames, [1, 77])
        try await scene.hostile.waitForReset(of: first)
        try await eventually("the frame") { scene.host.notes.now.frames.last == [77] }
        scene.hostile.write([1, 78], on: second)
        try await eventually("the next frame") { scene.host.notes.now.frames.last == [78] }
        try await scene.finishWithServingHostile()
    }

    @Test("Requests that are never finished are limited in number")
    func unfinishedRequests() async throws {
        let scene = try await Scene()
        let most = SwarmLimits.requestsBeingReadMax
        let half: [UInt8] = [0, 0x10, 0, 0, 1]
        let streams = try (0...most).map { _ in
            try scene.hostile.openStream(Names.exchange, half)
        }
        try await scene.hostile.waitForReset(of: try #require(streams.last))
        #expect(!streams.dropLast().contains { scene.hostile.events.contains(.reset($0)) })
        for stream in streams { scene.hostile.reset(stream) }
        try await scene.finishWithServingHostile()
    }

    @Test("Large documents on their way are bounded together, and small ones pass all the same")
    func readBudget() async throws {
        let scene = try await Scene { $0.bufferedBytesMax = 1_000_000 }
        let head: [UInt8] = [0, 0x10, 0, 0]
        let part = [UInt8](repeating: 1, count: 150_000)
        let streams = try (0..<8).map { _ in
            try scene.hostile.openStream(Names.exchange, head + part)
        }
        try await eventually("the reset of those beyond the bound") {
            try scene.hostile.pump()
            return streams.contains { scene.hostile.events.contains(.reset($0)) }
        }
        let budget = scene.host.swarm.readBudget
        try await eventually("the bound") { budget.bytes <= 1_000_000 }
        #expect(budget.bytes > 500_000)
        let small = [UInt8](repeating: 5, count: 30_000)
        #expect(try await scene.honest.ask(scene.host.peer, small, token: 5) == small)
        await scene.hostile.hangUp()
        try await eventually("the memory's return") { budget.bytes == 0 }
        let large = [UInt8](repeating: 6, count: 600_000)
        #expect(try await scene.honest.ask(scene.host.peer, large, token: 6) == large)
        try await scene.finish()
    }

    @Test("A ping is echoed, and one whose echo nobody reads is reset")
    func pings() async throws {
        let scene = try await Scene()
        let ping = SecureRandom.bytes(32)
        let stream = try scene.hostile.openStream("/ipfs/ping/1.0.0", ping)
        try await eventually("the echo") {
            try scene.hostile.pump()
            return scene.hostile.bytes(on: stream).suffix(32) == ping[...]
        }
        let flood = try scene.hostile.openStream("/ipfs/ping/1.0.0")
        // The window of the echo is 256 KiB; what is beyond waits at the host.
        for _ in 0..<10 {
            scene.hostile.write([UInt8](repeating: 1, count: 65_536), on: flood)
            try await Task.sleep(for: .milliseconds(20))
            try scene.hostile.pump(isReading: false)
        }
        try await scene.hostile.waitForReset(of: flood)
        try await scene.finishWithServingHostile()
    }

    /// Sends the frame 1, 2 before frames can be sent to its peer, and waits until the host has it.
    private func sendEarlyFrame(_ scene: Scene) async throws {
        _ = try scene.hostile.openStream(Names.frames, [2, 1, 2])
        // Behind the frame on the same connection, and served before this side's stream is agreed on.
        let request = ExchangeReader.frame([7, 8])
        let stream = try scene.hostile.openStream(Names.exchange, request)
        try await eventually("an answer on another stream") {
            try scene.hostile.pump()
            return scene.hostile.bytes(on: stream).suffix(6) == [0, 0, 0, 2, 8, 7]
        }
        #expect(!scene.host.notes.now.frames.contains([1, 2]))
    }

    @Test("The first frame of a peer waits until frames can be sent to it")
    func earlyFrame() async throws {
        let scene = try await Scene()
        try await self.sendEarlyFrame(scene)
        try await eventually("the frame stream") {
            try scene.hostile.pump()
            return scene.host.notes.now.ready.contains(scene.hostile.peer)
                || self.agree(scene.hostile)
        }
        try await eventually("the frame") { scene.host.notes.now.frames.contains([1, 2]) }
        #expect(scene.host.notes.now.ready.contains(scene.hostile.peer))
        try await scene.finish()
    }

    @Test(
        "The first frames of a peer that says goodbye before frames can be sent to it are passed on"
    )
    func earlyFrameBeforeGoodbye() async throws {
        let scene = try await Scene()
        try await self.sendEarlyFrame(scene)
        // By hand: the muxer would wait for its streams.
        scene.hostile.sendSecured([0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        // Long before the stream for frames would be given up.
        try await eventually("the frame", within: .seconds(10)) {
            scene.host.notes.now.frames.contains([1, 2])
        }
        #expect(!scene.host.notes.now.ready.contains(scene.hostile.peer))
        try await scene.finish()
    }

    @Test("A peer that sends much before frames can be sent to it loses its stream")
    func earlyFlood() async throws {
        let scene = try await Scene()
        let stream = try scene.hostile.openStream(Names.frames)
        let frame = Varint.encode(100_000) + [UInt8](repeating: 3, count: 100_000)
        for _ in 0..<3 { scene.hostile.write(frame, on: stream) }
        try await scene.hostile.waitForReset(of: stream)
        #expect(!scene.host.notes.now.frames.contains { $0.count == 100_000 })
        try await scene.finishWithServingHostile()
    }

    @Test("Who does not read loses frames, costs no more memory, and slows nobody down")
    func slowReader() async throws {
        let scene = try await Scene()
        try await eventually("the frame stream") {
            try scene.hostile.pump()
            return scene.host.notes.now.ready.contains(scene.hostile.peer)
                || self.agree(scene.hostile)
        }
        try await scene.hostile.stopReading()
        let frame = Varint.encode(1_000_000) + [UInt8](repeating: 3, count: 1_000_000)
        for number in 1...40 {
            scene.host.swarm.send(frame: frame, to: scene.hostile.peer)
            scene.host.swarm.send(frame: frame, to: scene.honest.peer)
            try await eventually("the honest peer's frame \(number)") {
                scene.honest.notes.now.frames.count(where: { !$0.isEmpty }) == number
            }
        }
        try await scene.hostile.readOn()
        let stream = try #require(scene.hostile.openedByOther.first)
        var seen = -1
        while scene.hostile.bytes(on: stream).count != seen {
            seen = scene.hostile.bytes(on: stream).count
            for _ in 0..<100 {
                try scene.hostile.pump()
                try await Task.sleep(for: .milliseconds(3))
            }
        }
        // What waits is bounded; beside it, one window and what the sockets hold were on their way.
        #expect(seen > 1_000_000)
        #expect(seen <= SwarmLimits.pendingFrameBytesMax + 1_000_000)
        try await scene.finish()
    }

    @Test("A peer that resets the frame stream is named with the largest frame, and gets a new one")
    func frameStreamReset() async throws {
        let scene = try await Scene()
        let peer = scene.hostile.peer
        try await eventually("the frame stream") {
            try scene.hostile.pump()
            return scene.host.notes.now.ready.contains(peer) || self.agree(scene.hostile)
        }
        try await eventually("the agreement") { scene.host.notes.now.ready.contains(peer) }
        for count in [10, 2_000_000, 20] {
            let frame = Varint.encode(UInt64(count)) + [UInt8](repeating: 3, count: count)
            scene.host.swarm.send(frame: frame, to: peer)
        }
        let stream = try #require(scene.hostile.openedByOther.first)
        try await eventually("the large frame") {
            try scene.hostile.pump()
            return scene.hostile.bytes(on: stream).count > 2_000_000
        }
        scene.hostile.reset(stream)
        try await eventually("the news and the next stream") {
            try scene.hostile.pump()
            return scene.host.notes.now.streamResets[peer] != nil
                && scene.hostile.openedByOther.count > 1
        }
        #expect(scene.host.notes.now.streamResets == [peer: [2_000_003]])
        try await scene.finish()
    }

    /// Accepts the frame stream that the host has opened; false until it was accepted.
    private func agree(_ hostile: HostilePeer) -> Bool {
        guard let stream = hostile.openedByOther.first, !hostile.bytes(on: stream).isEmpty else {
            return false
        }
        let header = Varint.encode(19) + Array("/multistream/1.0.0\n".utf8)
        let name = Array("\(Names.frames)\n".utf8)
        hostile.write(header + Varint.encode(UInt64(name.count)) + name, on: stream)
        return true
    }

    @Test("More streams than allowed are refused one by one, and the connection goes on")
    func manyStreams() async throws {
        let scene = try await Scene()
        // By hand: the hostile side's own muxer would not open that many.
        for number in 0..<300 {
            let id = UInt32(2 * number + 1)
            let bytes = withUnsafeBytes(of: id.bigEndian) { Array($0) }
            scene.hostile.sendSecured([0, 1, 0, 1] + bytes + [0, 0, 0, 0])
        }
        try await Task.sleep(for: .milliseconds(300))
        #expect(!scene.hostile.isClosed)
        try await scene.finish()
    }

    @Test("RUSTSEC-2024-0003: opening and resetting streams without end is cut off, a few are not")
    func resets() async throws {
        let scene = try await Scene()
        // By hand, and two frames a stream: the hostile side's own muxer would wait.
        func openAndReset(_ numbers: Range<Int>) {
            let frames = numbers.map { number in
                let id = withUnsafeBytes(of: UInt32(2 * number + 1).bigEndian) { Array($0) }
                return [0, 1, 0, 1] + id + [0, 0, 0, 0] + [0, 1, 0, 8] + id + [0, 0, 0, 0]
            }
            scene.hostile.sendSecured(frames.flatMap { $0 })
        }
        openAndReset(0..<500)
        try await Task.sleep(for: .milliseconds(200))
        #expect(!scene.hostile.isClosed)
        openAndReset(500..<1_500)
        try await scene.hostile.waitForClose()
        try await scene.finish()
    }

    @Test("A peer that ends its streams with a reset once they are answered is not cut off")
    func resetsBehindAnswers() async throws {
        let scene = try await Scene()
        let batch = 8
        for _ in 0...(SwarmLimits.resetsPerWindowMax / batch) {
            let request = ExchangeReader.frame([7, 8])
            let streams = try (0..<batch).map { _ in
                try scene.hostile.openStream(Names.exchange, request)
            }
            try await eventually("the answers") {
                try scene.hostile.pump()
                return streams.allSatisfy { scene.hostile.events.contains(.remoteClosed($0)) }
            }
            for stream in streams { scene.hostile.reset(stream) }
        }
        try await scene.finishWithServingHostile()
    }

    @Test("No deadline outlives its stream, and late streams are found in order")
    func deadlines() {
        var deadlines = StreamDeadlines()
        for number in 0..<1_000 as Range<UInt32> {
            let id = YamuxStreamID(rawValue: 2 * number + 1)
            deadlines.set(.uptimeNanoseconds(UInt64(number)), for: id)
            if number >= 3 { deadlines.remove(id) }
        }
        #expect(deadlines.count == 3)
        #expect(deadlines.next == .uptimeNanoseconds(0))
        let late = deadlines.takeLate(at: .uptimeNanoseconds(1))
        #expect(late.map(\.rawValue) == [1, 3])
        #expect(deadlines.next == .uptimeNanoseconds(2))
    }

    @Test("Resets are counted by the window")
    func resetBudget() {
        var budget = RateBudget(SwarmLimits.resetsPerWindowMax, in: SwarmLimits.resetWindow)
        let start = NIODeadline.uptimeNanoseconds(1)
        let fit = (0..<SwarmLimits.resetsPerWindowMax).map { _ in budget.note(at: start) }
        #expect(fit.allSatisfy { $0 })
        let isOneMoreTaken = budget.note(at: start)
        #expect(!isOneMoreTaken)
        let isLaterTaken = budget.note(at: start + SwarmLimits.resetWindow)
        #expect(isLaterTaken)
    }
}
