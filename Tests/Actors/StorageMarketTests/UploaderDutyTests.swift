import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 The duties of an uploader")
struct UploaderDutyTests {
    private static let minute: Int64 = 60_000

    private func nodes(_ numbers: [Int]) throws -> [NodeID] { try numbers.map(Fixture.node) }

    /// A contract of this node itself, with these acceptances.
    private func own(_ accepted: [Int]) throws -> Deal {
        var deal = try Deal(own: 9, uploader: 9)
        deal.isHere = true
        deal.accepted = try self.nodes(accepted)
        return deal
    }

    private static func search(in step: DutyStep) -> ProviderSearch? {
        for case .ask(.scores(_, .providers(let search))) in step.actions { return search }
        return nil
    }

    private static func asked(in step: DutyStep) -> [NodeID]? {
        for case .ask(.scores(let query, _)) in step.actions { return query.identities }
        return nil
    }

    /// Whom the node chooses, all being of equal repute in networks of their own.
    private func chosen(_ duty: inout UploaderDuty, _ deal: Deal, lost: [NodeID] = []) -> [NodeID]?
    {
        let known = deal.accepted + deal.holders + deal.assigned
        let candidates = Set(known).sorted().map { identity in
            ProviderCandidate(
                identity: identity,
                score: FixedPoint(millionths: 500_000),
                network: NetworkName(identity.hex)
            )
        }
        var chance = Chance([7])
        let actions = duty.choose(
            for: deal.contract,
            deal.scene,
            lost: lost,
            among: candidates,
            &chance
        )
        return actions.published(CopyAssignment.self).first?.providers
    }

    // MARK: Choosing

    @Test("R-06-023: with too few acceptances nobody is chosen")
    func tooFew() throws {
        let deal = try self.own([1, 2])
        var duty = UploaderDuty()
        #expect(duty.look(at: deal.contract, deal.scene, lost: []).actions.isEmpty)
    }

    @Test("R-06-029: ten minutes after there are enough, what is known of all of them is asked for")
    func waits() throws {
        var deal = try self.own([1, 2, 3])
        var duty = UploaderDuty()
        let first = duty.look(at: deal.contract, deal.scene, lost: [])
        #expect(first.actions.isEmpty)
        #expect(first.next == deal.now.adding(milliseconds: 10 * Self.minute))
        deal.wait(5 * Self.minute)
        deal.accepted = try self.nodes([1, 2, 3, 4])
        #expect(duty.look(at: deal.contract, deal.scene, lost: []).actions.isEmpty)
        deal.wait(5 * Self.minute)
        let second = duty.look(at: deal.contract, deal.scene, lost: [])
        #expect(Self.asked(in: second) == deal.accepted)
        #expect(Self.search(in: second)?.request == Deal.request)
        #expect(Self.search(in: duty.look(at: deal.contract, deal.scene, lost: [])) == nil)
        #expect(self.chosen(&duty, deal)?.count == 3)
    }

    @Test("R-06-023: an hour before the 48 hours are over there is no more waiting")
    func latest() throws {
        var deal = try self.own([1, 2, 3])
        deal.wait(47 * 60 * Self.minute)
        var duty = UploaderDuty()
        let step = duty.look(at: deal.contract, deal.scene, lost: [])
        #expect(Self.search(in: step) != nil)
    }

    @Test("R-06-025: who is not the uploader, or lacks the bytes, assigns nobody")
    func notTheUploader() throws {
        var deal = try self.own([1, 2, 3])
        deal.wait(47 * 60 * Self.minute)
        deal.isHere = false
        var duty = UploaderDuty()
        #expect(duty.look(at: deal.contract, deal.scene, lost: []).actions.isEmpty)
        #expect(self.chosen(&duty, deal) == nil)
        deal.isHere = true
        deal.uploader = try Fixture.node(8)
        #expect(duty.look(at: deal.contract, deal.scene, lost: []).actions.isEmpty)
    }

    // MARK: Reassigning

    /// Providers 1 to 3 were assigned of 1 to 5; 1 and 2 confirmed.
    private func delivering(_ duty: inout UploaderDuty) throws -> Deal {
        var deal = try self.own([1, 2, 3, 4, 5])
        deal.assigned = try self.nodes([1, 2, 3])
        deal.holders = try self.nodes([1, 2])
        deal.state = .delivering(until: deal.now.adding(milliseconds: 7 * Deal.day))
        let assignment = CopyAssignment(contentHash: Deal.content, providers: deal.assigned)
        duty.heardOwn(try deal.said(assignment))
        return deal
    }

    @Test("R-06-034: a day after the assignment those who did not confirm are replaced")
    func replaces() throws {
        var duty = UploaderDuty()
        var deal = try self.delivering(&duty)
        let patient = duty.look(at: deal.contract, deal.scene, lost: [])
        #expect(Self.search(in: patient) == nil)
        #expect(patient.next == deal.now.adding(milliseconds: Deal.day))
        deal.wait(Deal.day)
        #expect(Self.search(in: duty.look(at: deal.contract, deal.scene, lost: [])) != nil)
        let providers = try #require(self.chosen(&duty, deal))
        #expect(providers.prefix(2) == (try self.nodes([1, 2]))[...])
        #expect(providers.count == 3)
        #expect(providers.last != (try Fixture.node(3)))
    }

    @Test("R-06-034: where nobody else accepted, those who are late are waited for")
    func nobodyElse() throws {
        var duty = UploaderDuty()
        var deal = try self.delivering(&duty)
        deal.accepted = try self.nodes([1, 2, 3])
        deal.wait(Deal.day)
        #expect(duty.look(at: deal.contract, deal.scene, lost: []).actions.isEmpty)
        #expect(self.chosen(&duty, deal) == nil)
    }

    @Test("R-06-141: a copy that is out of reach for days is replaced")
    func health() throws {
        var duty = UploaderDuty()
        var deal = try self.delivering(&duty)
        deal.holders = try self.nodes([1, 2, 3])
        deal.state = .active
        deal.wait(5 * Deal.day)
        #expect(duty.look(at: deal.contract, deal.scene, lost: []).actions.isEmpty)
        let lost = try self.nodes([2])
        #expect(Self.search(in: duty.look(at: deal.contract, deal.scene, lost: lost)) != nil)
        let providers = try #require(self.chosen(&duty, deal, lost: lost))
        #expect(providers.prefix(2) == (try self.nodes([1, 3]))[...])
        #expect(!providers.contains(lost[0]) && providers.count == 3)
    }

    // MARK: Rent

    /// A contract of which the last copy was confirmed after half a day.
    private func active() throws -> Deal {
        var deal = try self.own([1, 2, 3])
        deal.assigned = try self.nodes([1, 2, 3])
        deal.holders = deal.assigned
        deal.state = .active
        deal.confirmedAt = deal.now.adding(milliseconds: Deal.day / 2)
        return deal
    }

    private func cycles(_ step: DutyStep) -> [Int64] {
        step.actions.published(RentPayment.self).map(\.billingCycle)
    }

    @Test(
        "R-06-076, R-06-079: each cycle gets one notice at its beginning, from the first whole one on"
    )
    func notices() throws {
        var deal = try self.active()
        deal.wait(Deal.day / 2)
        var duty = UploaderDuty()
        let before = duty.look(at: deal.contract, deal.scene, lost: [])
        #expect(self.cycles(before).isEmpty)
        #expect(before.next == Fixture.now.adding(milliseconds: Deal.day))
        deal.wait(Deal.day / 2)
        let first = duty.look(at: deal.contract, deal.scene, lost: [])
        let notice = try #require(first.actions.published(RentPayment.self).first)
        #expect(notice.billingCycle == 1)
        #expect(notice.amount.millionths == 3)
        #expect(notice.providers.map(\.nodeID) == deal.holders)
        duty.heardOwn(try deal.said(notice))
        #expect(self.cycles(duty.look(at: deal.contract, deal.scene, lost: [])).isEmpty)
        deal.wait(Deal.day)
        #expect(self.cycles(duty.look(at: deal.contract, deal.scene, lost: [])) == [2])
    }

    @Test(
        "R-06-079, R-06-080: after an absence notices go out for the cycles that are still in time"
    )
    func afterAbsence() throws {
        var deal = try self.active()
        deal.wait(20 * Deal.day)
        var duty = UploaderDuty()
        let cycles = self.cycles(duty.look(at: deal.contract, deal.scene, lost: []))
        #expect(cycles == Array(14...20))
    }

    @Test("R-06-101: what has ended costs nothing more")
    func ended() throws {
        var deal = try self.active()
        deal.wait(2 * Deal.day)
        deal.state = .withdrawn(at: deal.now)
        var duty = UploaderDuty()
        #expect(duty.look(at: deal.contract, deal.scene, lost: []).actions.isEmpty)
    }
}
