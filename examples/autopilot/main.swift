// Votes by a policy: a plug-in in Swift. The policy is `policy.json` in the plug-in's folder:
// {"rules": [{"tags": ["docs"], "reputation": 300000, "stance": "endorse", "reason": "…"}],
//  "votes_a_day": 5, "dry_run": true}

import Foundation

/// Keeps what was decided, and votes within the limit.
final class Autopilot {
    private let conversation = Conversation()
    private var policy = Policy.silent
    private var decisions: [Decision] = []
    private var folder = URL(fileURLWithPath: ".")

    private static var manifest: Conversation.Object {
        [
            "name": "autopilot", "version": "1", "summary": "Votes by a policy file.",
            "scope": "act", "events": ["PROPOSE"],
            "operations": [
                [
                    "name": "decisions", "kind": "read",
                    "summary": "What was decided about which proposal.",
                    "answer": [
                        "type": "object",
                        "properties": [
                            "decisions": ["type": "array"], "dry_run": ["type": "boolean"],
                        ],
                        "required": ["decisions", "dry_run"],
                    ] as Conversation.Object,
                ] as Conversation.Object
            ],
        ]
    }

    func run() {
        self.conversation.run(answer: self.answer) { self.hear($0) }
    }

    private func answer(_ method: String, _ parameters: Conversation.Object) throws
        -> Conversation.Object
    {
        switch method {
        case "manifest": return Self.manifest
        case "init":
            try self.begin(parameters)
            return [:]
        case "query":
            let data = try JSONEncoder().encode(self.decisions.suffix(100).map(\.self))
            return [
                "decisions": try JSONSerialization.jsonObject(with: data),
                "dry_run": self.policy.dryRun,
            ]
        default: throw Conversation.Refusal(detail: "there is no \(method)")
        }
    }

    private func begin(_ setting: Conversation.Object) throws {
        self.folder = URL(fileURLWithPath: setting["data_dir"] as? String ?? ".")
        let file = self.folder.appendingPathComponent("policy.json")
        guard let data = try? Data(contentsOf: file) else {
            throw Conversation.Refusal(detail: "there is no policy; write \(file.path)")
        }
        do {
            self.policy = try JSONDecoder().decode(Policy.self, from: data)
        } catch {
            throw Conversation.Refusal(detail: "the policy cannot be read: \(error)")
        }
        if let kept = try? Data(contentsOf: self.decisionsFile) {
            self.decisions = (try? JSONDecoder().decode([Decision].self, from: kept)) ?? []
        }
    }

    private var decisionsFile: URL { self.folder.appendingPathComponent("decisions.json") }

    private func hear(_ event: Conversation.Object) {
        guard let id = event["id"] as? String,
            !self.decisions.contains(where: { $0.proposal == id }),
            let rule = self.policy.rules.first(where: { $0.fits(event) })
        else { return }
        let now = Int(Date().timeIntervalSince1970)
        let today = self.decisions.count { $0.counts && $0.at > now - 86_400 }
        var decision = Decision(proposal: id, stance: rule.stance, at: now, outcome: "noted")
        if !self.policy.dryRun {
            decision.outcome = today < self.policy.votesADay ? "sent" : "over the limit"
        }
        // Before the vote: a crash in between must not lead to more of them than the limit allows.
        self.note(decision)
        guard decision.outcome == "sent" else { return }
        let arguments: Conversation.Object = [
            "id": id, "stance": rule.stance,
            "reason": rule.reason ?? "By the policy of this node's owner.",
        ]
        self.conversation.call("vote", arguments) { outcome in
            switch outcome {
            case .answer: decision.outcome = "voted"
            case .refusal(let code, let detail): decision.outcome = "\(code): \(detail)"
            }
            self.note(decision)
        }
    }

    private func note(_ decision: Decision) {
        if let place = self.decisions.firstIndex(where: { $0.proposal == decision.proposal }) {
            self.decisions[place] = decision
        } else {
            self.decisions.append(decision)
        }
        let data = try? JSONEncoder().encode(self.decisions.suffix(1_000).map(\.self))
        try? data?.write(to: self.decisionsFile, options: .atomic)
    }
}

Autopilot().run()
