import Hummingbird
import NIOCore

/// What a route knows beside its request: the connection that it came over.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: Source) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.channel = source.channel
    }

    /// The connection itself.
    var connection: any Channel { self.channel }

    /// Tells the handler of the connection what the routes found out about the request.
    func note(_ event: RequestEvent) {
        self.channel.triggerUserOutboundEvent(event, promise: nil)
    }
}

/// What the handler of a connection cannot see by itself.
enum RequestEvent: Sendable {
    /// The request carries the token.
    case authorised
    /// The answer goes on until the caller leaves.
    case following
    /// The body is wanted; nothing that was declared speaks against it.
    case bodyWanted
}
