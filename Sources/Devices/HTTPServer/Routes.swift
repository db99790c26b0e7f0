import HTTPTypes
import Hummingbird
import LocalAPI
import Messages
import NIOCore
import Primitives

/// A group of routes below `/v1`.
typealias Routes = RouterGroup<APIContext>

extension HTTPServer {
    /// Process alive, and node able to serve; both without token and without data.
    func addHealth(to router: Router<APIContext>) {
        router.get("healthz") { _, _ in Response(APIResponse(.object([("ok", .bool(true))]))) }
        router.get("readyz") { _, _ in
            let answer = await self.perform(.readiness)
            guard answer.status == 200 else { return Response(answer) }
            return Response(APIResponse(.object([("ok", .bool(true))])))
        }
    }

    /// The list of all routes, for people and agents that look around; added last.
    func addIndex(to router: Router<APIContext>) {
        let index = router.routes
            .map { (path: "\($0.path)", method: $0.method.rawValue) }
            .sorted { ($0.path, $0.method) < ($1.path, $1.method) }
            .map { JSONValue.object([("method", .string($0.method)), ("path", .string($0.path))]) }
        router.get("v1") { _, _ in Response(APIResponse(.object([("routes", .array(index))]))) }
    }

    func addReads(to routes: Routes) {
        routes.get("status") { _, _ in Response(await self.perform(.status)) }
        routes.get("identity") { _, _ in Response(await self.perform(.identity(nil))) }
        routes.get("identity/{id}") { _, context in
            await self.answer { .identity(try Self.node(context)) }
        }
        routes.get("network") { _, _ in Response(await self.perform(.network)) }
        routes.get("peers") { _, _ in Response(await self.perform(.peers)) }
        routes.get("requests") { request, _ in
            await self.answer { .requests(limit: try request.listLimit) }
        }
        routes.get("requests/{id}") { _, context in
            await self.answer { .request(try Self.id(context)) }
        }
        routes.get("proposals") { request, _ in
            await self.answer { .proposals(limit: try request.listLimit) }
        }
        routes.get("proposals/{id}") { _, context in
            await self.answer { .proposal(try Self.id(context)) }
        }
        routes.get("reputation") { _, _ in Response(await self.perform(.reputations)) }
        routes.get("reputation/{id}") { _, context in
            await self.answer { .reputation(try Self.node(context)) }
        }
        routes.get("content/{id}") { _, context in
            await self.answer { .fetch(try Self.id(context)) }
        }
        routes.get("extensions/{name}") { _, context in
            Response(await self.perform(.plugged(context.parameters.get("name") ?? "")))
        }
    }

    func addWrites(to routes: Routes) {
        self.addIdentityWrites(to: routes)
        routes.post("requests") { request, context in
            await self.answer { .publish(.request, try await request.jsonBody(context).root.value) }
        }
        routes.post("proposals") { request, context in
            await self.answer { .publish(.propose, try await request.jsonBody(context).root.value) }
        }
        routes.post("proposals/{id}/vote") { request, context in
            await self.answer {
                let body = try await request.jsonBody(context).root
                guard let stance = body["stance"]?.string else {
                    throw RefusedRequest.unclear(
                        "`stance` must be endorse, reject or abstain"
                    )
                }
                return .vote(
                    try Self.id(context),
                    stance: stance,
                    reason: body["reason"]?.string
                )
            }
        }
        routes.post("proposals/{id}/adopt") { request, context in
            await self.answer {
                _ = try await request.jsonBody(context)
                return .adopt(try Self.id(context))
            }
        }
        routes.post("proposals/{id}/withdraw") { request, context in
            await self.answer {
                .publish(.withdraw, try await Self.naming("proposal_id", context, request))
            }
        }
        routes.post("proposals/{id}/comment") { request, context in
            await self.answer {
                .publish(.comment, try await Self.naming("target_id", context, request))
            }
        }
        routes.post("content") { request, context in
            await self.share(request, context)
        }
    }

    /// Bodies are whole payloads: the caller names its own key, and the node signs with it.
    private func addIdentityWrites(to routes: Routes) {
        let types: [(path: RouterPath, type: MessageType)] = [
            ("identity/link", .didLink), ("identity/revoke", .didRevoke),
            ("identity/rotate", .keyRotate),
        ]
        for (path, type) in types {
            routes.post(path) { request, context in
                await self.answer {
                    .publish(type, try await request.jsonBody(context).root.value)
                }
            }
        }
    }

    /// Builds a call, performs it and renders the outcome.
    private func answer(_ call: () async throws -> APICall) async -> Response {
        do {
            return Response(await self.perform(try await call()))
        } catch let error as RefusedRequest {
            return error.response
        } catch {
            return RefusedRequest.unclear("the body could not be read; send it again").response
        }
    }

    /// The identifier in the path.
    static func id<ID: Identifier32>(_ context: APIContext) throws -> ID {
        guard let text = context.parameters.get("id"), let id = ID(hex: text) else {
            throw RefusedRequest.unclear("the id in the path must be 64 lower-case hex characters")
        }
        return id
    }

    /// The key in the path.
    private static func node(_ context: APIContext) throws -> NodeID {
        guard let node = context.parameters.get("id").flatMap({ NodeID(naming: $0) }) else {
            throw RefusedRequest.unclear(
                "the key in the path must be 64 lower-case hex characters, which may follow "
                    + "did:valence:"
            )
        }
        return node
    }

    /// The body's members with the path's message id under `member`.
    private static func naming(
        _ member: String,
        _ context: APIContext,
        _ request: Request
    ) async throws -> JSONValue {
        let id: MessageID = try Self.id(context)
        let body = try await request.jsonBody(context).root
        var members = [(member, JSONValue.string(id.hex))]
        for (key, value) in body.members ?? [] where !key.utf8.elementsEqual(member.utf8) {
            members.append((key, value.value))
        }
        return .object(members)
    }

    /// An upload; the body is the artefact itself, and goes to disk as it comes.
    private func share(_ request: Request, _ context: APIContext) async -> Response {
        let upload = self.uploads.beginUpload()
        // What the node kept is not there any more.
        defer { upload.discard() }
        return await self.answer {
            try await request.readBody(upTo: HTTPLimits.artefactBytesMax, context) { piece in
                do throws(ContentFailure) {
                    try await upload.append(Array(piece.readableBytesView))
                } catch {
                    throw RefusedRequest.noRoom(error.detail)
                }
            }
            let tags = request.parameter("tags")?.split(separator: ",").map(String.init)
            return .share(
                await upload.finish(),
                contentType: request.headers[.contentType] ?? "application/octet-stream",
                filename: request.parameter("filename"),
                description: request.parameter("description"),
                tags: tags ?? []
            )
        }
    }
}
