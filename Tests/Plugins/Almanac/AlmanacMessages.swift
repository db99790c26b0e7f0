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

/// How many notes there are about each proposal; the local API serves it.
package struct NoteCounts: ServedQuery {
    package static var answerer: SubsystemName { "Almanac" }
    package static var path: String { "almanac" }

    /// The counts, in the order of the log.
    package struct Reply: BusMessage, PayloadObject {
        /// One proposal's.
        package struct Count: PayloadObject {
            let proposal: MessageID
            let notes: Int

            package func write(to object: inout PayloadWriter) {
                object.set("proposal_id", self.proposal)
                object.set("notes", self.notes)
            }
        }

        let counts: [Count]

        package func write(to object: inout PayloadWriter) { object.set("counts", self.counts) }
    }

    package init() {}
}
