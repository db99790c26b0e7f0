import MCP
import Primitives

/// Carries messages between standard streams and a node.
struct MCPBridge {
    let client: APIClient

    /// How long answers may still come after the end of input.
    ///
    /// Source: own choice (ADR 0055): a host waits for a second.
    private static let farewell = Duration.milliseconds(700)
    /// Messages under way.
    ///
    /// Source: own choice: a host sends a few at once.
    private static let underWayMax = 32

    /// Serves until the end of input.
    func run() async throws {
        let desk = BridgeDesk()
        var input = InputLines(bytesMax: MCPLimits.messageBytesMax)
        while let line = await input.next() {
            switch line {
            case .text(let bytes): await self.begin(bytes, desk)
            case .tooLong: await desk.say(Self.tooLong)
            }
        }
        await desk.finish(within: Self.farewell)
    }

    private func begin(_ line: [UInt8], _ desk: BridgeDesk) async {
        let message = (try? JSONDocument(scanning: line))?.root.value
        let id = message?["id"]
        let method = message?["method"]?.string
        if method == "notifications/cancelled", id == nil {
            if let cancelled = message?["params"]?["requestId"] { await desk.cancel(cancelled) }
            return
        }
        await desk.waitForRoom(Self.underWayMax)
        let client = self.client
        let headers = MCPHeaders(for: message ?? .null)
        await desk.begin(id) { say in
            do {
                let isEndless = method == "subscriptions/listen"
                try await client.agent(line, headers, isEndless: isEndless) { await say($0) }
            } catch let failure as CommandFailure {
                if let id { await say(Self.failed(id, failure.text)) }
            } catch {
                if let id { await say(Self.failed(id, "\(error)")) }
            }
        }
    }

    private static let tooLong = Self.error(
        nil,
        -32_600,
        "the message is longer than \(MCPLimits.messageBytesMax) bytes"
    )

    private static func failed(_ id: JSONValue, _ text: String) -> [UInt8] {
        Self.error(id, -32_603, text)
    }

    private static func error(_ id: JSONValue?, _ code: Int64, _ text: String) -> [UInt8] {
        let error = JSONValue.object([("code", .integer(code)), ("message", .string(text))])
        return JSONValue.object(
            [("jsonrpc", .string("2.0")), ("error", error)] + (id.map { [("id", $0)] } ?? [])
        ).canonicalBytes()
    }
}
