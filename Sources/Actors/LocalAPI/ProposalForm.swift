import Messages
import Primitives

/// What people leave out of a proposal because it follows from the rest, or has a value that nearly all have.
enum ProposalForm {
    /// The payload with everything that is signed.
    static func completed(_ payload: JSONValue, now: Timestamp) -> JSONValue {
        guard var members = payload.members else { return payload }
        members.removeAll { Self.names($0, Self.text) }
        let bytes = Self.artefact(of: payload)
        func supply(_ name: String, _ value: @autoclosure () -> JSONValue?) {
            let given = members.first { Self.names($0, name) }?.value
            guard given == nil || given == .null, let value = value() else { return }
            members.removeAll { Self.names($0, name) }
            members.append(JSONMember(key: name, value: value))
        }
        supply("content_inline", bytes.map { .string(Base64.encode($0)) })
        supply("content_hash", bytes.map { .string(SHA256Digest.hash($0).hex) })
        supply("content_size", bytes.map { .integer(Int64($0.count)) })
        supply("claims", .array([]))
        supply("tier", .string(Propose.Tier.standard.rawValue))
        supply("voting_deadline", Self.deadline(of: payload, now: now))
        return .object(members)
    }

    /// Why a payload cannot be completed; nil when it can.
    static func flaw(of payload: JSONValue) -> String? {
        guard payload[Self.text]?.string != nil, payload["content_inline"]?.string != nil else {
            return nil
        }
        return "content_text and content_inline are both there; leave one of them out"
    }

    private static let text = "content_text"

    private static func names(_ member: JSONMember, _ name: String) -> Bool {
        member.key.utf8.elementsEqual(name.utf8)
    }

    private static func artefact(of payload: JSONValue) -> [UInt8]? {
        payload[Self.text]?.string.map { Array($0.utf8) }
            ?? payload["content_inline"]?.string.flatMap { Base64.decode($0) }
    }

    private static func deadline(of payload: JSONValue, now: Timestamp) -> JSONValue? {
        let tier = payload["tier"]?.string ?? Propose.Tier.standard.rawValue
        return Propose.Tier(rawValue: tier).map {
            .integer(now.adding(milliseconds: $0.defaultVotingMilliseconds).milliseconds)
        }
    }
}
