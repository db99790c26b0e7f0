import Primitives

/// What the node has to do with the storage market.
enum StoragePage {
    static func view(_ status: JSONValue, _ inquiry: inout Inquiry) async -> View {
        let storage = await inquiry.ask("storage")
        let downloads = await inquiry.ask("downloads")
        var view: View = [
            "warnings": Notice.views(.warn, storage["warnings"]),
            "given": ["figures": Self.figures(status, storage)] as View,
            "contracts": Self.contracts(storage).view, "challenges": Self.challenges(storage).view,
            "downloads": Self.downloads(downloads).view,
        ]
        if let given = storage.number("offer", "allocated_bytes"), given > 0 {
            let left = storage.number("available_bytes") ?? 0
            view["room"] = BarChart.share(
                "Room",
                "\(Words.bytes(given - left)) of \(Words.bytes(given)) are taken.",
                given - left,
                of: given
            )
        }
        return view
    }

    private static func figures(_ status: JSONValue, _ storage: JSONValue) -> [View] {
        [
            Figure.view("Given to others", Words.bytes(storage.number("offer", "allocated_bytes"))),
            Figure.view("Left of it", Words.bytes(storage.number("available_bytes"))),
            Figure.view("Copies for others", Words.count(storage.number("copies"))),
            Figure.view("Artefacts here", Words.count(status.number("storage", "stored"))),
            Figure.view(
                "Artefacts offered by others",
                Words.count(status.number("storage", "known"))
            ),
            Figure.view(
                "Pairs that look arranged",
                Words.count((storage["suspicious_pairs"]?.elements?.count).map(Int64.init))
            ),
        ]
    }

    private static func contracts(_ storage: JSONValue) -> Table {
        Table(
            "Contracts in which this node has a part",
            [
                .text("Artefact"), .text("Part"), .text("State"), .text("Until"), .number("Size"),
                .number("Copies"), .number("Rent a day"), .text("Risk"),
            ],
            rows: (storage["contracts"]?.elements ?? []).map { contract in
                let holders = Int64(contract["holders"]?.elements?.count ?? 0)
                return [
                    .id(contract.text("content_hash")), .text(contract.text("part")),
                    .text(Words.plain(contract.text("state"))), .time(contract.number("until")),
                    .figure(Words.bytes(contract.number("content_size"))),
                    .figure("\(holders) of \(Words.count(contract.number("copy_count")))"),
                    .figure(Words.amount(contract.number("daily_rent"))),
                    .text(contract.text("risk"), bytesMax: 200),
                ]
            },
            else: "This node has no part in a contract.",
            most: 2 * DashboardLimits.fewRowsMax
        )
    }

    private static func challenges(_ storage: JSONValue) -> Table {
        Table(
            "What its challenges of others’ copies showed",
            [
                .text("Artefact"), .text("Provider"), .text("Last result"), .text("When"),
                .number("Failures"), .text("Next"),
            ],
            rows: (storage["challenges"]?.elements ?? []).map { challenge in
                [
                    .id(challenge.text("content_hash")), .id(challenge.text("provider")),
                    .text(Words.plain(challenge.text("last_result"))),
                    .time(challenge.number("last_at")),
                    .figure(Words.count(challenge.number("failures"))),
                    .time(challenge.number("next_at")),
                ]
            },
            else: "It has challenged nobody.",
            most: DashboardLimits.fewRowsMax
        )
    }

    private static func downloads(_ answer: JSONValue) -> Table {
        Table(
            "Artefacts on their way here",
            [.text("Artefact"), .number("Here"), .number("Size")],
            rows: (answer["downloads"]?.elements ?? []).map { download in
                [
                    .id(download.text("content_hash")),
                    .figure(Words.bytes(download.number("received"))),
                    .figure(Words.bytes(download.number("size"))),
                ]
            },
            else: "Nothing is on its way.",
            most: DashboardLimits.fewRowsMax
        )
    }
}
