import Doors
import HTTPTypes
import Hummingbird
import LocalAPI
import Messages
import NIOCore
import Primitives

// The routes follow from the table of operations; those of the server itself are few.
extension HTTPServer {
    /// Everything that is served.
    var routes: [Route] {
        let own =
            self.healthRoutes + [self.metricsRoute, self.linkRoute]
            + self.endpoints.map { self.route($0) } + TokenEndpoints.all.map { self.route($0) }
        let places = own.map(\.operation) + [Endpoints.index, Endpoints.document]
        return own + [
            Route(Endpoints.index, always: APIIndex(operations: places).shown),
            Route(Endpoints.document, always: OpenAPI(places, version: self.version).json),
            self.agentRoute,
        ] + self.dashboardRoutes
    }

    private func route(_ endpoint: Endpoint<APICall>) -> Route {
        let operation = endpoint.operation
        return Route(operation: operation) { incoming in
            switch operation.kind {
            case .read:
                let arguments = try operation.read(incoming)
                return try await self.answer(endpoint, arguments, nil, incoming)
            case .act:
                let sent = try incoming.key
                let body = try await incoming.jsonBody()
                let arguments = try operation.read(incoming, body: body)
                let key = sent?.key(operation, arguments)
                return try await self.answer(endpoint, arguments, key, incoming)
            case .upload: return try await self.upload(endpoint, incoming)
            }
        }
    }

    private func route(_ endpoint: Endpoint<TokenCall>) -> Route {
        let operation = endpoint.operation
        return Route(operation: operation) { incoming in
            let sent = try operation.kind == .read ? nil : incoming.key
            let body = try operation.kind == .read ? nil : await incoming.jsonBody()
            let arguments = try operation.read(incoming, body: body)
            do throws(ArgumentFlaw) {
                let call = try endpoint.call(with: arguments)
                let key = sent?.key(operation, arguments)
                return Response(self.tokens.perform(call, key))
            } catch {
                throw RefusedRequest.unclear(error.detail)
            }
        }
    }

    /// Has the node do what is asked, and renders the outcome.
    private func answer(
        _ endpoint: Endpoint<APICall>,
        _ arguments: JSONValue,
        _ key: RequestKey?,
        _ incoming: IncomingRequest
    ) async throws -> Response {
        let call: APICall
        do throws(ArgumentFlaw) {
            call = try endpoint.call(with: arguments)
        } catch {
            throw RefusedRequest.unclear(error.detail)
        }
        if case .events(let page, let follows) = call {
            return try await self.stream(page, follows: follows, incoming)
        }
        let answer = await self.perform(call, key)
        guard answer.status < 400 else { return Response(answer) }
        if let artefact = answer.artefact(of: call, endpoint.operation) {
            return try await Self.response(artefact, incoming.context)
        }
        if self.checksAnswers, case .json(let schema) = endpoint.operation.answer,
            let flaw = schema.flaw(of: answer.body)
        {
            throw RefusedRequest.wrongAnswer(endpoint.operation.name, flaw)
        }
        return Response(answer)
    }

    /// An upload; the body is the artefact itself, and goes to disk as it comes.
    private func upload(_ endpoint: Endpoint<APICall>, _ incoming: IncomingRequest) async throws
        -> Response
    {
        // What is wrong with the rest is told before the artefact comes.
        let terms = try endpoint.operation.read(incoming)
        let sent = try incoming.key
        let upload = self.uploads.beginUpload()
        // What the node kept is not there any more.
        defer { upload.discard() }
        try await incoming.readBody(upTo: HTTPLimits.artefactBytesMax) { piece in
            do throws(ContentFailure) {
                try await upload.append(Array(piece.readableBytesView))
            } catch {
                throw RefusedRequest.noRoom(error.detail)
            }
        }
        let content = await upload.finish()
        guard content.size > 0 else {
            throw RefusedRequest.unclear("there is no artefact; send its bytes as the body")
        }
        let members = content.members(contentType: incoming.mediaType)
        let arguments = try endpoint.operation.read(incoming, upload: members)
        let key = sent?.key(
            endpoint.operation,
            terms,
            artefact: content.hash,
            of: incoming.mediaType
        )
        return try await self.answer(endpoint, arguments, key, incoming)
    }
}

extension Route {
    /// A route with an answer that never changes, and is written once.
    fileprivate init(_ operation: Operation, always answer: JSONValue) {
        let bytes = ByteBuffer(bytes: answer.canonicalBytes())
        self.init(operation: operation) { _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: .init(byteBuffer: bytes)
            )
        }
    }
}

extension APIResponse {
    /// The artefact that an operation answers with; nil when it answers with a record.
    func artefact(of call: APICall, _ operation: Operation) -> APIArtefact? {
        guard operation.answer == .bytes else { return nil }
        if let artefact { return artefact }
        // An artefact that was fetched is where the record of it says.
        guard case .fetch(let hash) = call, let path = self.body["path"]?.string else { return nil }
        return APIArtefact(hash: hash, source: .file(path: path))
    }
}

extension Operation {
    /// The arguments of a request.
    fileprivate func read(
        _ incoming: IncomingRequest,
        body: JSONValue? = nil,
        upload: [JSONMember] = []
    ) throws(RefusedRequest) -> JSONValue {
        do throws(ArgumentFlaw) {
            return try self.arguments(
                path: incoming.path,
                query: incoming.query,
                body: body,
                upload: upload
            )
        } catch {
            throw RefusedRequest.unclear(error.detail)
        }
    }
}
