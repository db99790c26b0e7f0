import LocalAPI
import Messages
public import Primitives

// What a fleet does in a story.
extension Stage {
    /// The fleet of this story.
    ///
    /// - Throws: a ``StoryFailure`` when the story has none.
    public var fleet: Fleet {
        get throws {
            guard let fleet = self.world.fleet else {
                throw self.failure("the fleet", node: nil, expected: "a fleet", found: "none")
            }
            return fleet
        }
    }

    /// Lets time pass until a moment since the beginning.
    public func wait(until elapsed: Duration) async { await self.world.run(until: elapsed) }

    /// The whole fleet announces itself now, and a minute passes.
    public func announceAll() async throws {
        let fleet = try self.fleet
        fleet.publish(try Fleet.announcements(of: fleet.crew, at: self.now))
        await self.wait(.seconds(60))
    }

    /// So many hours pass, and the fleet announces itself in each.
    ///
    /// What members say is signed an hour ahead by another task: it depends on keys and times alone.
    public func announce(hours: Int, minute: Int) async throws {
        let fleet = try self.fleet
        let (crew, start) = (fleet.crew, self.now)
        let first = self.world.elapsed.components.seconds / 3_600
        func moment(_ hour: Int) -> Duration {
            .seconds((first + Int64(hour)) * 3_600 + Int64(minute) * 60)
        }
        let elapsed = self.world.elapsed
        func sign(_ hour: Int) -> Task<[Fleet.Publication], any Error> {
            let wait = moment(hour) - elapsed
            let at = start.adding(milliseconds: wait.components.seconds * 1_000)
            return Task.detached { try Fleet.announcements(of: crew, at: at) }
        }
        var next = sign(0)
        for hour in 0..<hours {
            let publications = try await next.value
            if hour + 1 < hours { next = sign(hour + 1) }
            await self.wait(until: moment(hour))
            fleet.publish(publications)
            await self.wait(until: .seconds((first + Int64(hour) + 1) * 3_600 + 60))
        }
    }

    /// The payload of an adoption.
    public static func adoption(of proposal: MessageID) -> JSONValue {
        .object([("proposal_id", .string(proposal.hex)), ("success", .bool(true))])
    }

    /// Proposes a document for an hour and expects the weight that its quorum asks of each active
    /// identity.
    public func expectQuorum(of title: String, millionths: Int64) async throws {
        let document = try await self.propose(
            Draft(title, voting: .seconds(3_600)),
            by: self.node(2)
        )
        await self.wait(.seconds(60))
        try await self.expect("quorum of “\(title)” over active identities", millionths) { node in
            let outlook = try await self.ask(node, .proposal(document))["outlook"]
            let active = outlook?["active_identities"]?.integer ?? 1
            return (outlook?["quorum_needed"]?.integer ?? 0) / max(active, 1)
        }
    }
}
