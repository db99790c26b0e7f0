import Discovery
package import NIOCore
import NIOPosix
import Synchronization

/// A DNS server on the loopback interface with TXT records of its own, over UDP and TCP.
package struct LoopbackDNS {
    /// What it knows and how it behaves.
    package struct State {
        fileprivate var texts: [String: [String]]
        /// Whether it answers nothing.
        package var isSilent = false
        /// Whether forged answers go before the right one.
        package var sendsForgeriesFirst = false
        fileprivate var streamQueries = 0
    }

    /// What the two sockets share.
    private final class Zone: Sendable {
        let state: Mutex<State>
        /// Bytes that fit into a datagram.
        private static let datagramBytes = 600

        init(_ texts: [String: [String]]) { self.state = Mutex(State(texts: texts)) }

        func answers(to bytes: [UInt8], isStream: Bool) -> [[UInt8]] {
            guard let query = try? DNSMessage(bytes: bytes) else { return [] }
            return self.state.withLock { state in
                if isStream { state.streamQueries += 1 }
                guard !state.isSilent else { return [] }
                var answer = Self.answer(to: query, state.texts)
                if !isStream, answer.encoded().count > Self.datagramBytes {
                    answer.answers = []
                    answer.isTruncated = true
                }
                let forgeries = state.sendsForgeriesFirst ? Self.forgeries(of: answer) : []
                return (forgeries + [answer]).map { $0.encoded() }
            }
        }

        private static func answer(to query: DNSMessage, _ texts: [String: [String]]) -> DNSMessage
        {
            var answer = DNSMessage(id: query.id, isResponse: true, questions: query.questions)
            guard let name = query.questions.first?.name, let found = texts[name.description] else {
                answer.responseCode = 3
                return answer
            }
            answer.answers = found.map {
                DNSRecord(name: name, lifeSeconds: 60, content: .text([Array($0.utf8)]))
            }
            return answer
        }

        private static func forgeries(of answer: DNSMessage) -> [DNSMessage] {
            let bad = Array("dnsaddr=/ip4/6.6.6.6/tcp/6".utf8)
            var otherID = answer
            otherID.id ^= 1
            otherID.answers = otherID.answers.map {
                DNSRecord(name: $0.name, lifeSeconds: 60, content: .text([bad]))
            }
            var otherQuestion = otherID
            otherQuestion.id = answer.id
            otherQuestion.questions = []
            return [otherID, otherQuestion]
        }
    }

    private final class Datagrams: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>
        private let zone: Zone

        init(_ zone: Zone) { self.zone = zone }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = self.unwrapInboundIn(data)
            let query = Array(envelope.data.readableBytesView)
            for answer in self.zone.answers(to: query, isStream: false) {
                let buffer = context.channel.allocator.buffer(bytes: answer)
                let reply = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: buffer)
                context.writeAndFlush(self.wrapOutboundOut(reply), promise: nil)
            }
        }
    }

    private final class Streams: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let zone: Zone

        init(_ zone: Zone) { self.zone = zone }

        /// A query of these tests comes in one piece.
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let query = Array(self.unwrapInboundIn(data).readableBytesView.dropFirst(2))
            for answer in self.zone.answers(to: query, isStream: true) {
                let length = [UInt8(answer.count >> 8), UInt8(answer.count & 0xff)]
                // In two pieces, so that the client has to put them together.
                for part in [length + answer.prefix(9), Array(answer.dropFirst(9))] {
                    let buffer = context.channel.allocator.buffer(bytes: part)
                    context.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
                }
            }
        }
    }

    private let zone: Zone
    private let channels: [any Channel]
    /// Where it listens, for datagrams and streams.
    package let address: SocketAddress

    /// Serves these records, each name with its texts.
    package init(_ texts: [String: [String]]) async throws {
        let zone = Zone(texts)
        self.zone = zone
        let stream = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Streams(zone))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.address = try Self.address(of: stream)
        let datagram = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Datagrams(zone))
                }
            }
            .bind(to: self.address).get()
        self.channels = [stream, datagram]
    }

    private static func address(of channel: any Channel) throws -> SocketAddress {
        guard let address = channel.localAddress else { throw TooLate(what: "a socket") }
        return address
    }

    /// Changes how it behaves.
    package func change(_ body: (inout State) -> Void) { self.zone.state.withLock { body(&$0) } }

    /// Questions that came over TCP.
    package var streamQueries: Int { self.zone.state.withLock { $0.streamQueries } }

    /// Closes both sockets.
    package func stop() async { for channel in self.channels { try? await channel.close() } }
}
