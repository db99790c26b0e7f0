/// The side of a negotiation that answers proposals.
///
/// A pure state machine: bytes in, bytes and an outcome out.
///
/// Source: multistream-select specification (multiformats/multistream-select README.md).
public struct MultistreamListener: Sendable {
    private let supported: [String]
    private var messages = MultistreamMessages()
    private var output: [UInt8] = []
    private var hasAnsweredHeader = false
    private var proposals = 0
    private var failure: MultistreamError?

    /// Prepares to accept any of these protocols.
    public init(supported: [String]) { self.supported = supported }

    /// Takes bytes of the stream, cut anywhere.
    ///
    /// Whatever comes back, ``takeOutput()`` holds the answers, which are to be written before
    /// anything of the selected protocol.
    ///
    /// - Returns: `selected` once a proposal is accepted, never `refused`: the dialer may always
    ///   propose another protocol; nil while the negotiation goes on.
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
        guard try self.messages.readHeader() else { return nil }
        if !self.hasAnsweredHeader {
            self.hasAnsweredHeader = true
            self.output += MultistreamMessages.header
        }
        while let proposal = try self.messages.next() {
            guard self.proposals < MultistreamLimits.maximumProposals else {
                throw .tooManyProposals
            }
            self.proposals += 1
            guard let name = self.answer(proposal) else { continue }
            return .selected(name, leftover: self.messages.takeRest())
        }
        return nil
    }

    /// Queues the answer to one message; the name when it is accepted.
    private mutating func answer(_ proposal: [UInt8]) -> String? {
        // Names are compared as bytes: equal text of other bytes is another protocol.
        if let name = self.supported.first(where: { $0.utf8.elementsEqual(proposal) }) {
            self.output += MultistreamMessages.encode(proposal)
            return name
        }
        if proposal == MultistreamMessages.list {
            self.output += MultistreamMessages.encode(self.list)
        } else {
            self.output += MultistreamMessages.encode(MultistreamMessages.refusal)
        }
        return nil
    }

    /// The answer to `ls`: every name as a message of its own inside one message.
    private var list: [UInt8] {
        self.supported.flatMap { MultistreamMessages.encode(Array($0.utf8)) }
    }
}
