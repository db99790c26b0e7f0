public import Kernel
public import Messages
public import Primitives

/// The device of ``LocalAPI``: the HTTP server on loopback, or the simulator's caller.
public protocol APIServer: Sendable {
    /// Starts taking requests; called once, after replay.
    func start(reportingTo inlet: Inlet<APIRequestReceived>)
    /// Answers a request; every request gets exactly one answer.
    func respond(to request: RequestID, with response: APIResponse)
    /// Tells those who follow the events what happened; called in the order of the log.
    func tell(_ event: NodeEvent, as shown: JSONValue)
}

extension APIServer {
    /// Most callers ask and do not follow.
    public func tell(_ event: NodeEvent, as shown: JSONValue) {}
}

/// A request of a person or agent.
public struct APIRequestReceived: Signal {
    /// Names the request in the answer.
    public let id: RequestID
    /// What is asked for.
    public let call: APICall
    /// What it is recognised by when it comes again; nil when it is not (ADR 0060).
    public let key: RequestKey?
    /// Puts a request together.
    public init(id: RequestID, call: APICall, key: RequestKey? = nil) {
        self.id = id
        self.call = call
        self.key = key
    }
}
