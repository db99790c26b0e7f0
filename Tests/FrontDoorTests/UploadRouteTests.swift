import Doors
import LocalAPI
import Messages
import Primitives
import Synchronization
import Testing

@testable import Node

/// Notes what becomes of uploads, and has room for so many bytes.
private final class Scale: UploadStore {
    let room: Int
    private let ends = Mutex<[String]>([])

    init(room: Int) { self.room = room }

    var events: [String] { self.ends.withLock { $0 } }

    fileprivate func note(_ event: String) { self.ends.withLock { $0.append(event) } }

    func beginUpload() -> any Upload { Pan(self) }

    private final class Pan: Upload {
        private let scale: Scale
        private let bytes = Mutex<[UInt8]>([])

        init(_ scale: Scale) { self.scale = scale }

        func append(_ bytes: [UInt8]) async throws(ContentFailure) {
            let count = self.bytes.withLock { held in
                held += bytes
                return held.count
            }
            guard count <= self.scale.room else {
                throw ContentFailure("the disk is full; make room")
            }
        }

        func finish() async -> UploadedContent {
            let bytes = self.bytes.withLock { $0 }
            self.scale.note("finished")
            return UploadedContent(
                number: 1,
                hash: ContentHash(SHA256Digest.hash(bytes)),
                size: bytes.count
            )
        }

        func discard() { self.scale.note("discarded") }
    }
}

@Suite("Uploads and messages over HTTP", .serialized)
struct UploadRouteTests {
    private static let hex = Parsed.hex
    private static let fine = APIResponse(.object([("fine", .bool(true))]))

    @Test("an upload is described by its type and its query, or as unknown bytes")
    func described() async throws {
        let scale = Scale(room: 100)
        try await StandIn.with(uploads: scale, answering: { _ in Self.fine }) { door in
            let token = try door.directory.loadToken()
            let fields = ["Host: 127.0.0.1", "Authorization: Bearer \(token)"]
            let hash = ContentHash(SHA256Digest.hash(Array("words".utf8)))
            let upload = UploadedContent(number: 1, hash: hash, size: 5)
            for (query, type, filename, description, tags) in [
                ("", nil, nil, nil, []),
                (
                    "?filename=a%20b.md&description=d%26e&tags=x,y", "text/plain", "a b.md", "d&e",
                    ["x", "y"]
                ),
                ("?tags=&filename=", "x/y", "", nil, []),
                ("?tags=x,,y", nil, nil, nil, ["x", "y"]),
            ] as [(String, String?, String?, String?, [String])] {
                let answer = try door.send(
                    "POST /v1/content\(query)",
                    fields: fields + (type.map { ["Content-Type: \($0)"] } ?? []),
                    body: "words"
                )
                #expect(answer.status == 200)
                #expect(
                    door.calls == [
                        .share(
                            ShareContent(
                                upload: upload,
                                contentType: type ?? "application/octet-stream",
                                filename: filename,
                                description: description,
                                tags: tags
                            )
                        )
                    ],
                    "\(query)"
                )
            }
            #expect(
                scale.events
                    == Array(repeating: ["finished", "discarded"], count: 4).flatMap(\.self)
            )
        }
    }

    @Test("an upload for which there is no room is told so, is not shared, and leaves nothing")
    func noRoom() async throws {
        let scale = Scale(room: 4)
        try await StandIn.with(uploads: scale, answering: { _ in Self.fine }) { door in
            let answer = try door.send("POST /v1/content", body: "words")
            #expect(answer.status == 507)
            #expect(try answer.json()["code"]?.string == "storage_stopped")
            #expect(try answer.json()["detail"]?.string == "the disk is full; make room")
            #expect(door.calls.isEmpty && scale.events == ["discarded"])
        }
    }

    @Test("what is wrong with the rest of an upload is told before its bytes are taken")
    func wrongQuery() async throws {
        let scale = Scale(room: 100)
        try await StandIn.with(uploads: scale, answering: { _ in Self.fine }) { door in
            for query in ["copies=6", "copies=x", "colour=red", "stake=much"] {
                let answer = try door.send("POST /v1/replications?\(query)", body: "words")
                #expect(answer.status == 400, "\(query)")
            }
            #expect(door.calls.isEmpty && scale.events.isEmpty)
        }
    }

    @Test("each way to write is one message of its own type")
    func messages() async throws {
        let id = try #require(MessageID(hex: Self.hex))
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            for (name, type) in [
                ("new_request", .request), ("propose", .propose), ("link_key", .didLink),
                ("revoke_key", .didRevoke), ("rotate_key", .keyRotate),
            ] as [(String, MessageType)] {
                let operation = try #require(
                    Endpoints.all().first { $0.operation.name == name }?.operation
                )
                let body = String(decoding: operation.example.canonicalBytes(), as: UTF8.self)
                #expect(try door.send("POST \(operation.path)", body: body).status == 200)
                guard case .publish(type, let payload)? = door.calls.first else {
                    Issue.record("no \(type)")
                    continue
                }
                #expect(payload.canonicalBytes() == operation.example.canonicalBytes(), "\(name)")
            }
            _ = try door.send("POST /v1/proposals/\(Self.hex)/comment", body: #"{"body":"b"}"#)
            guard case .publish(.comment, let comment)? = door.calls.first else {
                Issue.record("no comment")
                return
            }
            #expect(comment["target_id"]?.string == Self.hex && comment["body"]?.string == "b")
            for (body, reason) in [
                (#"{"stance":"reject","reason":"r"}"#, "r"),
                (#"{"stance":"reject","reason":null}"#, nil),
            ] as [(String, String?)] {
                _ = try door.send("POST /v1/proposals/\(Self.hex)/vote", body: body)
                #expect(door.calls == [.vote(id, stance: .reject, reason: reason)])
            }
            _ = try door.send("POST /v1/proposals/\(Self.hex)/adopt", body: "")
            #expect(door.calls == [.adopt(id)])
            #expect(try door.send("POST /v1/proposals/\(Self.hex)/adopt", body: "{").status == 400)
            for path in ["vote", "adopt", "withdraw", "comment"] {
                let body = #"{"stance":"reject"}"#
                let unclear = try door.send("POST /v1/proposals/xyz/\(path)", body: body)
                #expect(unclear.status == 400, "\(path)")
            }
            #expect(door.calls.isEmpty, "none of these is asked of the node")
        }
    }

    @Test("what is not plugged in is no route")
    func extensions() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            for path in ["almanac", "", "almanac/more"] {
                let answer = try door.send("GET /v1/extensions/\(path)")
                #expect(answer.status == 404, "\(path)")
            }
            #expect(door.calls.isEmpty)
        }
    }
}
