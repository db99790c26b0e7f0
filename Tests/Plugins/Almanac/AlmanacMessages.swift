package import Doors
package import Kernel
package import Messages
package import Primitives

/// Words about a proposal: a wire type that this subsystem owns and judges.
package struct AlmanacNote: WireExtension {
    package static var typeName: String { "ALMANAC_NOTE" }
    package static var topic: Topic { .proposals }
    package static var judge: SubsystemName { "Almanac" }

    /// The proposal.
    package let proposal: MessageID
    /// At most 280 bytes.
    package let text: String

    /// Says something.
    package init(proposal: MessageID, text: String) {
        self.proposal = proposal
        self.text = text
    }

    package init(reading payload: PayloadReader) throws(SchemaError) {
        self.proposal = try payload.id("proposal_id")
        self.text = try payload.text("text", bytesMax: 280)
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("proposal_id", self.proposal)
        payload.set("text", self.text)
    }
}

/// Publish a note of this node.
package struct WriteNote: Command {
    package static var receiver: SubsystemName { "Almanac" }
    /// What it says.
    package let note: AlmanacNote
    /// Asks for it.
    package init(_ note: AlmanacNote) { self.note = note }
}

/// A minute has passed.
package struct PageTurned: Event {
    /// The new page.
    package let page: Int
}

/// How many notes there are about each proposal; every door of the node serves it.
package struct NoteCounts: ServedQuery {
    package static var answerer: SubsystemName { "Almanac" }
    package static let endpoint = Endpoint(
        "almanac",
        .read,
        path: "/v1/extensions/almanac",
        summary: "How many notes there are about each proposal.",
        .limit(),
        answers: .record(Reply.self),
        tool: Tool("Notes on proposals")
    ) { NoteCounts(limit: $0) }

    /// The counts, in the order of the log.
    package struct Reply: BusMessage, Record {
        /// One proposal's.
        package struct Count: Record {
            let proposal: MessageID
            let notes: Int

            package static let about = "The notes about one proposal."
            package static let fields: [Field<Count>] = [
                Field("proposal_id", "The PROPOSE message.") { $0.proposal },
                Field("notes", "How many notes there are.") { $0.notes },
            ]
        }

        let counts: [Count]

        package static let about = "How many notes there are about each proposal."
        package static let fields: [Field<Reply>] = [
            Field("counts", "The proposals.") { $0.counts }
        ]
    }

    /// Most proposals in the answer.
    let limit: Int
}
