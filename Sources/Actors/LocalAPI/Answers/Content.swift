package import Doors
package import Messages
import Primitives

// What this node has heard of artefacts. All texts are strangers'.

extension ContentStanding: Shown {}
extension Messages.Flag.Severity: Shown {}
extension Messages.Flag.Category: Shown {}

extension FoundContent: Record {
    package static let about = "An artefact, as others describe it; nothing of it was checked."
    package static let fields: [Field<FoundContent>] = [
        Field("content_hash", "SHA-256 of its bytes.") { $0.hash },
        Field("content_type", "Its media type.") { $0.contentType },
        Field("content_size", "Its bytes.") { $0.size },
        Field("filename", "A name for a file; never a path.") { $0.filename },
        Field("description", "What it is.") { $0.description },
        Field("tags", "Its tags.") { $0.tags },
        Field("hosts", "Nodes that offer it.") { $0.hosts },
        Field("held", "Whether it is on this node.") { $0.isHeld },
        Field("may_go", "Whether this node drops it when its time or room is over.") { $0.mayGo },
        Field("replicated", "Whether somebody asked for copies.") { $0.isReplicated },
        Field("proposed", "Whether a proposal names it.") { $0.isProposed },
        Field("last_shared_at", "When somebody spoke of it last.") { $0.lastSharedAt },
        Field("standing", "What flags and votes make of it.") { $0.standing },
    ]
}

/// One page of what was found.
struct ContentList: Record {
    let found: [FoundContent]
    let next: ContentPlace?

    static let about = "Artefacts that this node has heard of, those with most hosts first."
    static let fields: [Field<ContentList>] = [
        Field("content", "The artefacts.") { $0.found },
        .next { $0.next },
    ]
}

extension DownloadProgress.Row: Record {
    package static let about = "An artefact on its way from peers."
    package static let fields: [Field<DownloadProgress.Row>] = [
        Field("content_hash", "SHA-256 of its bytes.") { $0.hash },
        Field("received", "Bytes on disk.") { $0.received },
        Field("size", "Bytes of the whole.") { $0.size },
        Field("hosts", "Nodes that may still give it.") { $0.hosts },
    ]
}

extension DownloadProgress.Reply: Record {
    package static let about = "How far the artefacts are that come from peers."
    package static let fields: [Field<DownloadProgress.Reply>] = [
        Field("downloads", "The artefacts, in the order in which they were begun.") { $0.rows }
    ]
}

extension FetchContent.Stored: Record {
    package static let about = "An artefact on disk."
    package static let fields: [Field<FetchContent.Stored>] = [
        Field("path", "The file, on the node's machine.") { $0.path },
        Field("size", "Its bytes.") { $0.size },
    ]
}

/// What a check of an artefact's copy found.
struct CheckedCopy: Record {
    let copy: VerifyContent.Copy
    let standing: ContentStanding

    static let about = "What a check of an artefact's copy on this node found."
    static let fields: [Field<CheckedCopy>] = [
        .formed("copy", "What the copy is like.", .choice(["whole", "damaged", "absent"])) {
            switch $0.copy {
            case .whole: "whole".shown
            case .damaged: "damaged".shown
            case .absent: "absent".shown
            }
        },
        .ifAny("size", "Bytes of a whole copy.") { checked -> Int? in
            if case .whole(let bytes) = checked.copy { bytes } else { nil }
        },
        Field("standing", "What flags and votes make of the artefact.") { $0.standing },
    ]
}
