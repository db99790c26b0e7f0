import Doors
package import Messages
package import Primitives

// Artefacts and the storage market.
extension Endpoints {
    static let contentActs: [Endpoint<APICall>] = signing([
        Endpoint(
            "share_content",
            .upload,
            path: "/v1/content",
            summary: "Keeps an artefact and offers it to others.",
            refusals: .publishing + [.unavailable],
            .artefact,
            .mediaType,
            .text("filename", "A name for a file, without folders."),
            .text("description", "What it is."),
            .texts("tags", tagWords, max: WireLimits.contentTagsMax),
            answers: .record(SharedUpload.self),
            example: .object([("filename", .string("links.md"))])
        ) { upload, contentType, filename, description, tags in
            .share(
                ShareContent(
                    upload: upload,
                    contentType: contentType,
                    filename: filename,
                    description: description,
                    tags: tags
                )
            )
        },
        Endpoint(
            "replicate_content",
            .upload,
            path: "/v1/replications",
            summary: "Keeps an artefact and asks others to keep copies, for rent.",
            about: "An artefact has at most \(WireLimits.replicatedContentBytesMax) bytes.",
            refusals: .publishing + [.unavailable],
            .artefact,
            .mediaType,
            .text("filename", "A name for a file, without folders."),
            .text("description", "What it is."),
            .texts("tags", tagWords, max: WireLimits.contentTagsMax),
            Parameter<Int64>.integer(
                "copies",
                "How many copies.",
                WireLimits.copyCount,
                standard: 3
            ),
            .stake,
            answers: .record(SharedUpload.self),
            example: .object([("copies", .integer(3))])
        ) { upload, contentType, filename, description, tags, copies, stake in
            .replicate(
                ReplicateContent(
                    content: ShareContent(
                        upload: upload,
                        contentType: contentType,
                        filename: filename,
                        description: description,
                        tags: tags
                    ),
                    copyCount: copies,
                    stake: stake
                )
            )
        },
        Endpoint(
            "flag_content",
            .act,
            path: "/v1/content/{id}/flag",
            summary: "Tells others that an artefact should not be spread.",
            refusals: .publishing,
            .id("id", "SHA-256 of its bytes."),
            .payload([
                Property("severity", "How wrong it is.", Messages.Flag.Severity.schema),
                Property("category", "In which way.", Messages.Flag.Category.schema),
                Property(
                    "details",
                    "What is wrong; at most \(WireLimits.flagDetailsBytesMax) bytes.",
                    .text
                ),
                .optional("hash_match", "A hit in a hash database, `name:entry`.", .text),
            ]),
            answers: .record(Published.self),
            example: .object([
                ("id", .string(exampleID)), ("severity", .string("dispute")),
                ("category", .string("spam")), ("details", .string("The same as yesterday's.")),
            ])
        ) { (hash: ContentHash, payload: JSONValue) in
            .publish(.flag, payload.naming("content_hash", hash))
        },
        Endpoint(
            "withdraw_content",
            .act,
            path: "/v1/content/{id}/withdraw",
            summary: "Ends the contract by which others keep this node's artefact.",
            refusals: .publishing + [.init(409, "no_part")],
            .id("id", "SHA-256 of its bytes."),
            .text("reason", "Why; at most \(WireLimits.withdrawalReasonBytesMax) bytes."),
            answers: .record(Published.self),
            example: exampleWithID
        ) { (hash: ContentHash, reason: String?) in .leave(hash, .withdraw(reason: reason)) },
    ])

    static let contentChecks: [Endpoint<APICall>] = [
        Endpoint(
            "verify_content",
            .act,
            path: "/v1/content/{id}/verify",
            summary: "Reads this node's copy of an artefact and compares its hash.",
            about: "A damaged copy is set aside, so that it can be fetched again.",
            refusals: [.unavailable, .storageStopped],
            .id("id", "SHA-256 of its bytes."),
            answers: .record(CheckedCopy.self),
            example: exampleWithID
        ) { .verify($0) }
    ]

    static let storageActs: [Endpoint<APICall>] = signing([
        Endpoint(
            "transfer_copy",
            .act,
            path: "/v1/storage/{id}/transfer",
            summary: "Hands a copy over to another provider, for a small fee.",
            about: "This node keeps its copy until the other one has it.",
            refusals: .publishing + [.init(409, "no_part")],
            .id("id", "SHA-256 of the artefact."),
            .key("to", "The key of the node that takes over."),
            answers: .record(Published.self),
            example: .object([("id", .string(exampleID)), ("to", .string(exampleID))])
        ) { (hash: ContentHash, receiver: NodeID) in .leave(hash, .transfer(to: receiver)) }
    ])

    static let storageSettings: [Endpoint<APICall>] = [
        Endpoint(
            "offer_storage",
            .act,
            scope: .admin,
            path: "/v1/storage/offer",
            summary: "Sets what this node gives to the storage market.",
            about: "Copies that are kept or promised already are kept on.",
            refusals: [.storageStopped],
            Parameter<Int64>.integer(
                "allocated_bytes",
                "Bytes for copies of others' artefacts; 0 takes nothing more.",
                0...JSONLimits.integerMax
            ),
            .texts(
                "content_types",
                "Media types that are taken, such as `text/*`; none means all.",
                max: APILimits.contentTypesMax
            ),
            Parameter<Int64>.integer(
                "bytes_per_second",
                "How fast copies may be fetched.",
                1...JSONLimits.integerMax,
                standard: StorageOffer.nothing.bytesPerSecond
            ),
            answers: .record(StorageOffer.self),
            example: .object([("allocated_bytes", .integer(0))])
        ) { bytes, types, pace in
            .offerStorage(
                StorageOffer(allocatedBytes: bytes, contentTypes: types, bytesPerSecond: pace)
            )
        }
    ]
}

extension UploadedContent {
    /// What a door says of an artefact that came in.
    package func members(contentType: String) -> [JSONMember] {
        [
            JSONMember(
                key: "artefact",
                value: .object([
                    ("number", self.number.shown), ("sha256", self.hash.shown),
                    ("size", self.size.shown),
                ])
            ),
            JSONMember(key: "content_type", value: .string(contentType)),
        ]
    }
}

extension Parameter where Value == UploadedContent {
    /// An artefact that came in; a door puts it in the place of the body.
    fileprivate static var artefact: Self {
        .required(
            "artefact",
            "The artefact.",
            .object([
                Property("number", "Its number in the store.", UInt64.schema),
                Property("sha256", "Its hash.", .id), Property("size", "Its bytes.", .count),
            ]),
            at: .upload
        ) { value in
            guard let number = value["number"]?.integer,
                let hash = value["sha256"]?.string.flatMap({ ContentHash(hex: $0) }),
                let size = value["size"]?.integer
            else { return nil }
            return UploadedContent(number: UInt64(clamping: number), hash: hash, size: Int(size))
        }
    }
}

extension Parameter where Value == String {
    /// The media type of an artefact that came in.
    fileprivate static var mediaType: Self {
        .required(
            "content_type",
            "Its media type, as the header says.",
            .text,
            at: .upload
        ) { $0.string }
    }
}

extension Parameter where Value == FixedPoint? {
    /// What is declared to be there for rent.
    fileprivate static var stake: Self {
        .optional(
            "stake",
            "What is declared to be there for rent, such as 0.001; one day's rent without it.",
            .text(.decimal)
        ) { $0.string.flatMap { FixedPoint(decimal: $0) } }
    }
}
