/// The side of a negotiation that proposes protocols, one after the other.
///
/// A pure state machine: bytes in, bytes and an outcome out.
///
/// Source: multistream-select specification (multiformats/multistream-select README.md).
public struct MultistreamDialer: Sendable {
    private let protocols: [String]
    private var position = 0
    private var messages = MultistreamMessages()
    private var output: [UInt8] = []
    private var hasStarted = false
    private var failure: MultistreamError?

    /// Prepares to propose protocols in this order.
    ///
    /// A listener of this node answers no more than 32 of them.
    public init(protocols: [String]) { self.protocols = protocols }

    /// The bytes with which to begin: the header and the first proposal; none on a second call.
    public mutating func start() -> [UInt8] {
        guard !self.hasStarted else { return [] }
        self.hasStarted = true
        self.output += MultistreamMessages.header
        self.propose()
        return self.takeOutput()
    }

    /// Takes bytes of the stream, cut anywhere.
    ///
    /// After nil, ``takeOutput()`` may hold the next proposal.
    ///
    /// - Returns: the outcome once there is one; nil while the negotiation goes on.
    /// - Throws: ``MultistreamError``; every further call throws too.
    public mutating func receive(
        _ bytes: ArraySlice<UInt8>
    ) throws(MultistreamError) -> MultistreamOutcome? {
        if let failure = self.failure { throw failure }
        do {
            let outcome = try self.advance(bytes)
            if outcome != nil { self.failure = .finished }
            return outcome
        } catch {
            self.failure = error
            throw error
        }
    }

    /// Takes what is to be written to the stream.
    public mutating func takeOutput() -> [UInt8] {
        defer { self.output = [] }
        return self.output
    }

    private mutating func advance(
        _ bytes: ArraySlice<UInt8>
    ) throws(MultistreamError) -> MultistreamOutcome? {
        self.messages.append(bytes)
        while self.position < self.protocols.count, let answer = try self.messages.next() {
            let proposed = self.protocols[self.position]
            if answer.elementsEqual(proposed.utf8) {
                return .selected(proposed, leftover: self.messages.takeRest())
            }
            guard answer == MultistreamMessages.refusal else { throw .unexpectedAnswer }
            self.position += 1
            self.propose()
        }
        return self.position < self.protocols.count ? nil : .refused
    }

    private mutating func propose() {
        guard self.position < self.protocols.count else { return }
        let text = Array(self.protocols[self.position].utf8)
        self.output += MultistreamMessages.encode(text)
    }
}
