public import Primitives

/// A payload type: its schema in code, for messages that come as for those that go.
package protocol WirePayload: PayloadObject {
    /// The type of its messages.
    static var messageType: MessageType { get }
    /// Reads and checks a payload; limits that depend on signing time use `timestamp`.
    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError)
}

extension WirePayload {
    /// Checks a payload of this node as peers would.
    ///
    /// - Throws: a ``Refusal`` with the code `schema` that names the member and the rule.
    package func check(at timestamp: Timestamp) throws(Refusal) {
        let bytes = self.json.canonicalBytes()
        do {
            let document = try JSONDocument(scanning: bytes)
            _ = try Self(reading: PayloadReader(document.root), timestamp: timestamp)
        } catch let error as SchemaError {
            throw Refusal(.schema, Self.messageType, error)
        } catch {
            throw Refusal(.malformed, "\(Self.messageType.rawValue) is no text: \(error)")
        }
    }
}

extension Refusal {
    fileprivate init(_ code: Code, _ type: MessageType, _ error: SchemaError) {
        self.init(code, "\(type.rawValue): \(error.path) \(error.problem)")
    }
}

/// The typed payload of a message.
public enum Payload: Sendable {
    case peerAnnounce(PeerAnnounce)
    case peerListRequest(PeerListRequest)
    case peerListResponse(PeerListResponse)
    case syncRequest(SyncRequest)
    case syncResponse(SyncResponse)
    case request(Request)
    case propose(Propose)
    case withdraw(Withdraw)
    case adopt(Adopt)
    case vote(Vote)
    case reputationGossip(ReputationGossip)
    case storageChallenge(StorageChallenge)
    case storageProof(StorageProof)
    case copyQuery(CopyQuery)
    case copyQueryResponse(CopyQueryResponse)
    case keyRotate(KeyRotate)
    case keyConflict(KeyConflict)
    case didLink(DIDLink)
    case didRevoke(DIDRevoke)
    case challengeResult(ChallengeResult)
    case share(Share)
    case replicateRequest(ReplicateRequest)
    case replicateAccept(ReplicateAccept)
    case copyAssignment(CopyAssignment)
    case copyReceived(CopyReceived)
    case contentRequest(ContentRequest)
    case contentResponse(ContentResponse)
    case flag(Flag)
    case comment(Comment)
    case rentPayment(RentPayment)
    case rentTransfer(RentTransfer)
    case rentTransferAck(RentTransferAck)
    case contentWithdraw(ContentWithdraw)
    case stateSnapshot(StateSnapshot)
    /// A type that this node does not know: relayed, never processed (R-14-002).
    case unknown

    /// Reads the payload of a type.
    ///
    /// - Throws: a ``Refusal`` with the code `schema` that names the member and the rule, or with
    ///   `wrongTopic` for the AUTH types, which never travel in an envelope (R-02-029).
    public init(type: MessageType?, decoding view: JSONView, timestamp: Timestamp) throws(Refusal) {
        guard let type else {
            self = .unknown
            return
        }
        do {
            let reader = try PayloadReader(view)
            self = try Self.read(type, reader, timestamp) ?? .unknown
        } catch {
            throw Refusal(.schema, type, error)
        }
        if case .unknown = self {
            throw Refusal(.wrongTopic, "\(type.rawValue) does not travel in an envelope")
        }
    }

    private static func read(_ type: MessageType, _ reader: PayloadReader, _ timestamp: Timestamp)
        throws(SchemaError) -> Payload?
    {
        func decode<P: WirePayload>(_: P.Type = P.self) throws(SchemaError) -> P {
            try P(reading: reader, timestamp: timestamp)
        }
        return switch type {
        case .authChallenge, .authResponse: nil
        case .peerAnnounce: .peerAnnounce(try decode())
        case .peerListRequest: .peerListRequest(try decode())
        case .peerListResponse: .peerListResponse(try decode())
        case .syncRequest: .syncRequest(try decode())
        case .syncResponse: .syncResponse(try decode())
        case .request: .request(try decode())
        case .propose: .propose(try decode())
        case .withdraw: .withdraw(try decode())
        case .adopt: .adopt(try decode())
        case .vote: .vote(try decode())
        case .reputationGossip: .reputationGossip(try decode())
        case .storageChallenge: .storageChallenge(try decode())
        case .storageProof: .storageProof(try decode())
        case .copyQuery: .copyQuery(try decode())
        case .copyQueryResponse: .copyQueryResponse(try decode())
        case .keyRotate: .keyRotate(try decode())
        case .keyConflict: .keyConflict(try decode())
        case .didLink: .didLink(try decode())
        case .didRevoke: .didRevoke(try decode())
        case .challengeResult: .challengeResult(try decode())
        case .share: .share(try decode())
        case .replicateRequest: .replicateRequest(try decode())
        case .replicateAccept: .replicateAccept(try decode())
        case .copyAssignment: .copyAssignment(try decode())
        case .copyReceived: .copyReceived(try decode())
        case .contentRequest: .contentRequest(try decode())
        case .contentResponse: .contentResponse(try decode())
        case .flag: .flag(try decode())
        case .comment: .comment(try decode())
        case .rentPayment: .rentPayment(try decode())
        case .rentTransfer: .rentTransfer(try decode())
        case .rentTransferAck: .rentTransferAck(try decode())
        case .contentWithdraw: .contentWithdraw(try decode())
        case .stateSnapshot: .stateSnapshot(try decode())
        }
    }
}
