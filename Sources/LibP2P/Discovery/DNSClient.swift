import Cryptography
package import NIOCore
import NIOPosix

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Why a name could not be looked up.
package struct DNSFailure: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// Asks DNS servers for TXT records, over UDP and, when an answer does not fit, over TCP.
///
/// The system's resolver has no call for TXT records, so this device asks the system's servers.
package struct DNSClient: Sendable {
    package var servers: [SocketAddress]
    package var timeout: TimeAmount

    package init(servers: [SocketAddress], timeout: TimeAmount = DNSLimits.queryTimeout) {
        self.servers = servers
        self.timeout = timeout
    }

    /// Asks the servers of /etc/resolv.conf, as it is now.
    package static func system() -> DNSClient {
        let text = try? String(contentsOfFile: "/etc/resolv.conf", encoding: .utf8)
        return DNSClient(servers: ResolverConfiguration.servers(in: text ?? ""))
    }

    /// The TXT records of a name, each as its strings.
    func text(_ name: DNSName, on loop: any EventLoop) -> EventLoopFuture<[[[UInt8]]]> {
        let id = SecureRandom.bytes(2).reduce(0) { $0 << 8 | UInt16($1) }
        let query = DNSMessage(
            id: id,
            wantsRecursion: true,
            questions: [DNSQuestion(name: name, type: DNSType.text)]
        )
        return self.ask(query, self.servers[...], on: loop).flatMapThrowing { answer in
            guard answer.responseCode == 0 else {
                let isUnknown = answer.responseCode == 3
                throw DNSFailure(
                    description: isUnknown
                        ? "the name does not exist" : "DNS error code \(answer.responseCode)"
                )
            }
            return answer.answers.compactMap { record in
                if case .text(let strings) = record.content { strings } else { nil }
            }
        }
    }

    private func ask(
        _ query: DNSMessage,
        _ servers: ArraySlice<SocketAddress>,
        on loop: any EventLoop
    ) -> EventLoopFuture<DNSMessage> {
        guard let server = servers.first else {
            return loop.makeFailedFuture(DNSFailure(description: "there is no DNS server"))
        }
        return self.ask(query, server, on: loop).flatMapError { error in
            servers.count > 1
                ? self.ask(query, servers.dropFirst(), on: loop) : loop.makeFailedFuture(error)
        }
    }

    private func ask(_ query: DNSMessage, _ server: SocketAddress, on loop: any EventLoop)
        -> EventLoopFuture<DNSMessage>
    {
        let promise = loop.makePromise(of: DNSMessage.self)
        let channel = DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        DatagramContent(), DNSAnswerHandler(query, promise, isStream: false),
                    ])
                }
            }
            .connect(to: server)
        let bytes = query.encoded(offersLargerAnswers: true)
        self.run(channel, bytes, promise, from: server, on: loop)
        return promise.futureResult.flatMap { answer in
            answer.isTruncated
                ? self.askOverTCP(query, server, on: loop) : loop.makeSucceededFuture(answer)
        }
    }

    private func askOverTCP(_ query: DNSMessage, _ server: SocketAddress, on loop: any EventLoop)
        -> EventLoopFuture<DNSMessage>
    {
        let promise = loop.makePromise(of: DNSMessage.self)
        let channel = ClientBootstrap(group: loop)
            .connectTimeout(self.timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DNSAnswerHandler(query, promise, isStream: true)
                    )
                }
            }
            .connect(to: server)
        let bytes = query.encoded()
        let length = [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff)]
        self.run(channel, length + bytes, promise, from: server, on: loop)
        return promise.futureResult
    }

    /// Sends the question, and ends the wait and the channel whatever comes.
    private func run(
        _ channel: EventLoopFuture<any Channel>,
        _ bytes: [UInt8],
        _ promise: EventLoopPromise<DNSMessage>,
        from server: SocketAddress,
        on loop: any EventLoop
    ) {
        let timeout = self.timeout
        let late = loop.scheduleTask(in: timeout) {
            promise.fail(DNSFailure(description: "no answer from \(server) within \(timeout)"))
        }
        channel.whenFailure { promise.fail($0) }
        channel.whenSuccess { channel in
            channel.writeAndFlush(channel.allocator.buffer(bytes: bytes)).cascadeFailure(
                to: promise
            )
            promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        promise.futureResult.whenComplete { _ in late.cancel() }
    }
}
