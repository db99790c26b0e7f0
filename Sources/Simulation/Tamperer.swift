import Cryptography
import Kernel
import Messages
import Multiformats
import Primitives

/// Alters what one node says, with its key.
struct Tamperer: Sendable {
    let key: SigningKey
    let tampering: Tampering

    /// What is said in place of an answer.
    ///
    /// - Parameters:
    ///   - frame: what the node says.
    ///   - exchange: whose question it answers, and the question.
    ///   - now: when it says so.
    /// - Returns: nil for nothing.
    func answer(
        _ frame: [UInt8],
        on exchange: SimulatedNetwork.Exchange,
        at now: Moment
    ) -> [UInt8]? {
        // Only answers of sync are tampered with; peers ask each other for addresses, too.
        guard case .syncRequest(let request) = Self.payload(of: exchange.question),
            case .syncResponse(let honest) = Self.payload(of: frame)
        else { return frame }
        let question = Tampering.Question(
            asker: exchange.asker,
            server: exchange.answerer,
            request: request,
            honest: honest,
            frame: frame,
            time: now.timestamp,
            key: self.key
        )
        switch self.tampering.answer(question) {
        case .honest: return frame
        case .bytes(let bytes): return bytes
        case .nothing: return nil
        case .signed(let response):
            guard let message = question.sign(response, as: .syncResponse) else {
                preconditionFailure("who tampers signs what peers read, or sends bytes")
            }
            return message.canonical
        }
    }

    private static func payload(of frame: [UInt8]) -> Payload? {
        (try? EnvelopeCodec.decode(frame))?.payload
    }

    /// Whether a frame of gossip is sent; each message travels in one of its own.
    func passes(_ rpc: [UInt8]) -> Bool {
        Self.messages(in: rpc).allSatisfy(self.tampering.relays)
    }

    private static func messages(in rpc: [UInt8]) -> [Message] {
        Self.fields(2, in: rpc[...]).flatMap { Self.fields(2, in: $0) }
            .compactMap { try? EnvelopeCodec.decode(Array($0)) }
    }

    /// The fields of a number that hold bytes: the messages of an RPC, and the data of a message.
    private static func fields(_ number: Int, in bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var (reader, found) = (ProtobufReader(bytes), [ArraySlice<UInt8>]())
        while let field = try? reader.next() {
            if field.number == number, case .bytes(let value) = field.value { found.append(value) }
        }
        return found
    }
}
