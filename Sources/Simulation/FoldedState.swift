import LocalAPI
import Primitives

/// What a node has made of its log: the digests of its subsystems, and what it says of what it knows.
///
/// What depends on who is present now is left out: presence is not in the log (ADR 0008).
public struct FoldedState: Sendable, Equatable {
    /// One thing that follows from the log.
    struct Part: Sendable, Equatable {
        let name: String
        let text: String
    }

    let parts: [Part]

    /// The first thing in which another one differs, with both sides; nil when there is none.
    func difference(from other: FoldedState) -> (name: String, here: String, there: String)? {
        let pairs = zip(self.parts, other.parts)
        if let (here, there) = pairs.first(where: { $0 != $1 }) {
            let isSame = here.name == there.name
            return (here.name, here.text, isSame ? there.text : "\(there.name): \(there.text)")
        }
        guard self.parts.count != other.parts.count else { return nil }
        return ("number of parts", "\(self.parts.count)", "\(other.parts.count)")
    }

    private static let listMax = 1_000

    /// Asks a node.
    ///
    /// - Parameters:
    ///   - keys: whose identities are looked at.
    ///   - ask: puts one call and gives what is answered at once.
    init(of keys: [NodeID], ask: (APICall) async -> JSONValue?) async {
        var parts: [Part] = []
        for member in await ask(.status)?["digests"]?.members ?? [] {
            parts.append(Part(name: "digest of \(member.key)", member.value))
        }
        let requests = await ask(.requests(limit: Self.listMax))
        parts.append(Part(name: "requests", requests))
        for proposal in await ask(.proposals(limit: Self.listMax))?["proposals"]?.elements ?? [] {
            guard let id = proposal["id"]?.string.flatMap({ MessageID(hex: $0) }) else { continue }
            let answer = await ask(.proposal(id)).map { Self.lasting($0) }
            parts.append(Part(name: "proposal \(id)", answer))
        }
        for key in keys {
            parts.append(Part(name: "identity \(key)", await ask(.identity(key))))
            parts.append(Part(name: "reputation of \(key)", await ask(.reputation(key))))
        }
        self.parts = parts
    }

    /// What of a proposal does not depend on how many nodes are here.
    private static func lasting(_ proposal: JSONValue) -> JSONValue {
        let names = [
            "id", "author", "superseded_by", "adopted", "votes", "adoptions", "comments", "chain",
        ]
        let state = proposal["state"]?.string ?? "-"
        let isFinal = !["open", "converging"].contains(state)
        return .object(
            names.map { ($0, proposal[$0] ?? .null) }
                + [("state", .string(isFinal ? state : "open"))]
        )
    }
}

extension FoldedState.Part {
    fileprivate init(name: String, _ answer: JSONValue?) {
        self.name = name
        self.text = String(decoding: answer?.canonicalBytes() ?? [], as: UTF8.self)
    }
}
