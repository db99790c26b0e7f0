import Doors
import Messages
import Primitives

// What the caller of a request that succeeds is told.
extension APIResponse {
    /// An answer of status 200.
    init(_ record: some Record) { self.init(record.shown) }

    /// What a child process answers, or why it does not.
    init(_ result: Result<JSONValue, PluginFailure>) {
        switch result {
        case .success(let answer): self.init(answer)
        case .failure(let failure):
            let refusal = failure.code.refusal
            self.init(status: refusal.status, code: refusal.code, detail: failure.detail)
        }
    }

    /// The copy of an artefact was read, and what flags make of the artefact is known.
    static func verified(_ reply: VerifyContent.Reply) -> APIResponse {
        switch reply.outcome {
        case .failure(let failure): APIResponse(failure)
        case .success(let copy):
            APIResponse(CheckedCopy(copy: copy, standing: reply.standing))
        }
    }
}

extension APIArtefact {
    /// The artefact that a proposal carries; nil when it carries none, or not what it names.
    init?(carriedBy proposal: Propose) {
        guard let bytes = proposal.contentInline,
            ContentHash(SHA256Digest.hash(bytes)) == proposal.contentHash
        else { return nil }
        self.init(hash: proposal.contentHash, source: .bytes(bytes))
    }
}
