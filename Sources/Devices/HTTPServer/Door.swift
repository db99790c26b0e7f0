import Glibc
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// One place where the server listens; its failure says which one.
struct Door: Service {
    struct Failure: Error, CustomStringConvertible { let description: String }

    let name: String
    let advice: String
    let application: Application<FrontDesk>

    func run() async throws {
        do {
            try await self.application.run()
        } catch {
            let cause = Self.words(error)
            let detail = "cannot serve the local API on \(self.name): \(cause); \(self.advice)"
            throw Failure(description: detail)
        }
    }

    /// What the system says of a failure, without the call that failed.
    static func words(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return switch error.errnoCode {
        case EADDRINUSE: "another program listens there"
        case EACCES: "this user may not listen there"
        default: String(cString: strerror(error.errnoCode))
        }
    }
}

/// The port of the local API on ::1, which programs may find behind the name `localhost`.
///
/// A machine may be without it, so that it is no fault when it cannot be served.
struct OtherLoopback: Service {
    /// The port, once it is known.
    private let ports: AsyncStream<Int>
    private let logger: Logger
    private let application: @Sendable (Int) -> Application<FrontDesk>

    init(
        ports: AsyncStream<Int>,
        logger: Logger,
        _ application: @escaping @Sendable (Int) -> Application<FrontDesk>
    ) {
        self.ports = ports
        self.logger = logger
        self.application = application
    }

    func run() async throws {
        for await port in self.ports.cancelOnGracefulShutdown() {
            do {
                try await self.application(port).run()
            } catch {
                self.logger.notice(
                    "the local API is served on 127.0.0.1 alone, and not on [::1]:\(port): \(Door.words(error))",
                    metadata: ["event": "api_without_ipv6"]
                )
            }
            return
        }
    }
}
