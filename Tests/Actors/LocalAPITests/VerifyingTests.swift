import Kernel
import Messages
import Primitives
import Testing

@testable import LocalAPI

@Suite("Local API: the copy of an artefact")
struct VerifyingTests {
    private static let now = Timestamp(milliseconds: 1_767_225_600_000)
    private static let hash = ContentHash(SHA256Digest.hash([1]))

    private static func answer(_ outcome: Result<VerifyContent.Copy, ContentFailure>)
        -> APIResponse?
    {
        var machine = LocalAPIStateMachine()
        machine.assembled(of: [.storageMarket])
        let id = RequestID(rawValue: 1)
        let asked = machine.received(.verify(Self.hash), as: id, now: Self.now)
        guard case .ask(.verify(let query), id)? = asked.first, query.hash == Self.hash else {
            return nil
        }
        let reply = VerifyContent.Reply(outcome: outcome, standing: .deprioritised)
        let heard = machine.heard(
            .verified(reply),
            from: .storageMarket,
            for: id,
            now: Self.now
        )
        for case .answer(id, let answer) in heard { return answer }
        return nil
    }

    @Test("what the copy is like is told beside the standing of the artefact")
    func copies() throws {
        let whole = try #require(Self.answer(.success(.whole(bytes: 3))))
        #expect(whole.status == 200)
        #expect(whole.body["copy"]?.string == "whole" && whole.body["size"]?.integer == 3)
        #expect(whole.body["standing"]?.string == "deprioritised")
        for (copy, word) in [(.damaged, "damaged"), (.absent, "absent")]
            as [(VerifyContent.Copy, String)]
        {
            let answer = try #require(Self.answer(.success(copy)))
            #expect(answer.body["copy"]?.string == word && answer.body["size"] == nil)
            #expect(answer.body["standing"]?.string == "deprioritised")
        }
    }

    @Test("a copy that could not be read is no answer of success")
    func unreadable() throws {
        let answer = try #require(Self.answer(.failure(ContentFailure("the disk is gone"))))
        #expect(answer.status == 422)
        #expect(answer.body["detail"]?.string == "the disk is gone")
    }
}
