import Messages
import Primitives

// How residents complain of an artefact, and vote on it.
extension Town {
    /// The residents of a role, the first of them, or some.
    private func first(_ count: Int, of role: String) -> ArraySlice<Int> {
        self.numbers(of: role).prefix(count)
    }

    /// The first resident of a role offers an artefact.
    func share(_ name: String, by role: String) -> ContentHash {
        let content = ContentHash(SHA256Digest.hash(Array("\(self.seed) \(name)".utf8)))
        let entry = ContentDescription(
            contentHash: content,
            contentType: "application/octet-stream",
            contentSize: 1_000,
            tags: []
        )
        for host in self.first(1, of: role) {
            self.say(.share, .share(Share(entries: [entry])), by: host)
        }
        return content
    }

    /// Some residents of a role flag an artefact as illegal.
    func flag(_ content: ContentHash, by role: String, count: Int) {
        for number in self.first(count, of: role) {
            let flag = Flag(
                contentHash: content,
                severity: .illegal,
                category: .malware,
                details: "it does harm"
            )
            self.say(.flag, .flag(flag), by: number)
        }
    }

    private static let text = Array("the reasons".utf8)

    /// The first resident of some roles asks all to decide about flags, and everybody of these roles finds
    /// them right.
    func uphold(_ content: ContentHash, against subject: String, by roles: [String]) {
        let source = self.first(1, of: subject).first.map { self.residents[$0].id }
        let voters = roles.flatMap { self.numbers(of: $0) }
        guard let author = voters.first else { return }
        let deadline = self.stamp.adding(milliseconds: 86_400_000)
        let proposal = Propose(
            title: "flags",
            body: "to be decided",
            contentHash: ContentHash(SHA256Digest.hash(Self.text)),
            contentType: "text/plain",
            contentSize: Int64(Self.text.count),
            contentInline: Self.text,
            votingDeadline: deadline,
            resolution: Propose.Resolution(kind: .flag, contentHash: content, subject: source)
        )
        let id = self.say(.propose, .propose(proposal), by: author)
        for voter in voters {
            let vote = Vote(proposalID: id, stance: .endorse, syncStatus: .synced)
            self.say(.vote, .vote(vote), by: voter)
        }
    }
}
