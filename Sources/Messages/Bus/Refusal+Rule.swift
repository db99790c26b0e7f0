// Which rule a refusal follows from, and what ends it.
extension Refusal.Code {
    /// The rule: a section, a row of the requirements, a decision or a record of one.
    public var rule: String {
        switch self {
        case .malformed: "D-03, D-04"
        case .tooLarge: "ADR 0037"
        case .schema: "D-84"
        case .wrongID: "R-02-015"
        case .badSignature: "D-05"
        case .outsideTimeWindow: "D-16"
        case .wrongTopic: "R-02-028"
        case .unknownVersion: "D-87"
        case .unknownType: "§14"
        case .duplicate: "R-05-117"
        case .keyNotValid: "D-13, D-85"
        case .rateLimited: "D-20"
        case .invalidProof: "D-80"
        case .rule: "§7, §8"
        case .unknownProposal, .unknownRequest, .unknownComment: "D-51, D-88"
        case .belowGate: "D-51"
        case .notSynced: "D-35"
        case .clockBehind: "ADR 0034"
        case .unauthenticated: "R-03-011"
        case .keyUsedElsewhere: "ADR 0039"
        case .otherNetwork: "D-36"
        case .busy: "ADR 0040"
        }
    }

    /// What whoever wrote the message can do about it, in a sentence.
    public var remedy: String {
        switch self {
        case .malformed, .schema, .wrongID, .badSignature, .wrongTopic:
            "The program that made the message has to be put right; the same bytes are always refused."
        case .tooLarge: "Say less, or share the long part as an artefact and name its hash."
        case .outsideTimeWindow:
            "Set the clock of the machine that signed it, best by an NTP service, and sign it anew."
        case .unknownVersion: "Run a version of the node that speaks a version of this network."
        case .unknownType:
            "Nothing is lost; nodes of this version keep few messages of types that they do not know."
        case .duplicate: "Nothing; the message was here before."
        case .keyNotValid:
            "Sign with a key that stands; `valence-node id show` tells which keys an identity has."
        case .rateLimited: "Wait until the time that is named, and say it again."
        case .invalidProof: "Compute the proof of delay anew; `valence-node run` does so by itself."
        case .rule: "Change what the reason names; the same again is refused again."
        case .unknownProposal: "Wait until the proposal has arrived, or correct its id."
        case .unknownRequest: "Wait until the request has arrived, or correct its id."
        case .unknownComment: "Wait until the comment has arrived, or correct its id."
        case .belowGate:
            "Earn the missing score: `valence-node rep explain` shows what earns it and how much is missing."
        case .notSynced: "Wait until `valence-node status` says `synced`, and say it again."
        case .clockBehind:
            "Set this machine's clock; the deadline has passed by the clocks of peers."
        case .unauthenticated: "Wait until the handshake with the peer is over, and send it again."
        case .keyUsedElsewhere:
            "Stop the other node that signs with this key, or give one of both a key of its own."
        case .otherNetwork: "Nothing; the message belongs to another network."
        case .busy: "Send it again in a minute."
        }
    }
}
