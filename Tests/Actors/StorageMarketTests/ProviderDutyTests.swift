import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 The duties of a provider")
struct ProviderDutyTests {
    private static let gigabyte = StorageOffer(allocatedBytes: 1_000_000_000)

    private func provider(_ offer: StorageOffer = Self.gigabyte) -> ProviderDuty {
        var duty = ProviderDuty()
        duty.decided(offer)
        return duty
    }

    /// A provider whose acceptance is in the books.
    private func accepted(_ deal: inout Deal) throws -> ProviderDuty {
        var duty = self.provider()
        _ = duty.look(at: [deal.contract], deal.scene)
        deal.accepted = [deal.own]
        duty.heardOwn(
            try deal.said(ReplicateAccept(contentHash: Deal.content, capacityAvailable: 1))
        )
        return duty
    }

    /// A provider that keeps its copy.
    private func keeping(_ deal: inout Deal) throws -> ProviderDuty {
        var duty = try self.accepted(&deal)
        deal.assigned = [deal.own]
        deal.isHere = true
        deal.holders = [deal.own]
        deal.state = .active
        duty.heardOwn(try deal.said(CopyReceived(contentHash: Deal.content)))
        _ = duty.look(at: [deal.contract], deal.scene)
        return duty
    }

    // MARK: Accepting

    @Test(
        "R-06-021, R-06-045: what fits is accepted once, with the bytes that are free; any offer is one"
    )
    func accepts() throws {
        var deal = try Deal()
        var duty = self.provider(StorageOffer(allocatedBytes: 100_000))
        let first = duty.look(at: [deal.contract], deal.scene)
        let acceptance = try #require(first.actions.published(ReplicateAccept.self).first)
        #expect(acceptance.contentHash == Deal.content)
        #expect(acceptance.capacityAvailable == 100_000)
        deal.wait(1_000)
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle, "it is on its way")
        #expect(duty.offered.availableBytes == 0, "and its room is not promised twice")
        deal.wait(600_000)
        let again = duty.look(at: [deal.contract], deal.scene).actions
        #expect(again.published(ReplicateAccept.self).count == 1, "it got lost on its way")
    }

    @Test("nothing is offered by default, so that nothing is accepted")
    func offersNothing() throws {
        let deal = try Deal()
        var duty = ProviderDuty()
        let step = duty.look(at: [deal.contract], deal.scene)
        #expect(step.isIdle && step.next == nil)
        #expect(duty.news().isEmpty)
    }

    @Test(
        "D-73, R-06-024, R-06-036, R-06-049, R-16-095: who may not, cannot pay or finds no room",
        arguments: 0..<9
    )
    func declines(_ flaw: Int) throws {
        var deal = try Deal()
        var offer = Self.gigabyte
        switch flaw {
        case 0: deal.stake = FixedPoint(millionths: 2)  // A day costs 3.
        case 1: deal.stake = FixedPoint(millionths: 400_001)  // 0.5 less 0.1.
        case 2: deal.reputation = FixedPoint(millionths: 299_999)
        case 3: deal.activeBytes = 65_536_000 - 100_000 + 1
        case 4: offer = StorageOffer(allocatedBytes: 99_999)
        case 5: offer = StorageOffer(allocatedBytes: 1_000_000, contentTypes: ["image/*"])
        case 6: deal.standing = .deprioritised
        case 7: deal.state = .delivering(until: deal.now.adding(milliseconds: 1))
        default: deal.uploader = deal.own
        }
        var duty = self.provider(offer)
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle)
        #expect(duty.offered.availableBytes == offer.allocatedBytes)
    }

    @Test("D-73, R-06-048: what is just paid for, and just allowed, is accepted")
    func edges() throws {
        var deal = try Deal()
        deal.stake = FixedPoint(millionths: 3)
        var poor = self.provider()
        #expect(poor.look(at: [deal.contract], deal.scene).actions.count == 1)
        deal.stake = FixedPoint(millionths: 400_000)
        deal.activeBytes = 65_536_000 - 100_000
        var rich = self.provider()
        #expect(rich.look(at: [deal.contract], deal.scene).actions.count == 1)
    }

    @Test(
        "one uploader is promised a few copies a day and some hundred in all; others find room meanwhile"
    )
    func manyOfOne() throws {
        let (daily, most) = (
            StorageDutyLimits.newCopiesPerUploaderMax, StorageDutyLimits.copiesPerUploaderMax
        )
        var deal = try Deal()
        var duty = self.provider()
        func ask(_ number: Int, by uploader: Int = 1) throws -> Bool {
            deal.uploader = try Fixture.node(uploader)
            deal.hash = Fixture.hash([UInt8(number / 256), UInt8(number % 256), UInt8(uploader)])
            deal.id = .named("request \(number) of \(uploader)")
            deal.size = 1_000
            let step = duty.look(at: [deal.contract], deal.scene)
            guard let acceptance = step.actions.published(ReplicateAccept.self).first else {
                return false
            }
            duty.heardOwn(try deal.said(acceptance))
            return true
        }
        var number = 0
        while number < most {
            for _ in 0..<daily {
                #expect(try ask(number))
                number += 1
            }
            #expect(try !ask(number), "one too many in a day")
            #expect(try ask(number, by: 2), "of another one")
            deal.wait(Deal.day)
        }
        #expect(try !ask(number), "one too many in all")
        #expect(try ask(number, by: 2))
    }

    @Test("R-06-018: what no node keeps is not taken over, whatever was offered")
    func tooLarge() throws {
        var deal = try Deal()
        let former = try Fixture.node(2)
        deal.state = .active
        deal.holders = [former]
        deal.transfers = [
            Contract.Transfer(id: .named("t"), from: former, to: deal.own, acknowledgedBy: nil)
        ]
        var duty = self.provider(StorageOffer(allocatedBytes: 1_000_000_000_000))
        deal.size = Int64(StorageMarketLimits.artefactBytesMax) + 1
        #expect(duty.look(at: [deal.contract], deal.scene).pulls.isEmpty)
        deal.size -= 1
        #expect(duty.look(at: [deal.contract], deal.scene).pulls.count == 1)
    }

    @Test("what can never be accepted is not looked at again, and what lacks room is")
    func patience() throws {
        var deal = try Deal()
        deal.stake = .zero
        var duty = self.provider()
        #expect(duty.look(at: [deal.contract], deal.scene).next == nil)
        deal.stake = FixedPoint(millionths: 10)
        deal.activeBytes = 65_536_000
        let step = duty.look(at: [deal.contract], deal.scene)
        #expect(step.isIdle)
        #expect(step.next == deal.now.adding(milliseconds: Deal.day / 24))
    }

    @Test("R-06-030: who accepted and was not chosen gets nothing, and its room comes back")
    func notChosen() throws {
        var deal = try Deal()
        var duty = try self.accepted(&deal)
        deal.assigned = [try Fixture.node(2)]
        deal.state = .delivering(until: deal.now.adding(milliseconds: 7 * Deal.day))
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle)
        #expect(duty.offered.availableBytes == 999_900_000, "promised until all is delivered")
        deal.state = .active
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle)
        #expect(duty.offered.availableBytes == 1_000_000_000)
    }

    // MARK: Fetching

    @Test(
        "R-06-022, R-06-027: who is assigned fetches from the uploader, and confirms when all is there"
    )
    func fetches() throws {
        var deal = try Deal()
        var duty = try self.accepted(&deal)
        deal.state = .delivering(until: deal.now.adding(milliseconds: 7 * Deal.day))
        deal.assigned = [deal.own, try Fixture.node(2)]
        deal.holders = [try Fixture.node(2)]
        let begun = duty.look(at: [deal.contract], deal.scene)
        #expect(begun.pulls.map(\.hosts) == [[deal.uploader, try Fixture.node(2)]])
        #expect(begun.actions.published.isEmpty)
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle, "it is under way")
        duty.pulled(Deal.content, obstacle: nil, at: deal.now, .standard)
        deal.isHere = true
        let confirmed = duty.look(at: [deal.contract], deal.scene).actions
        #expect(confirmed.published(CopyReceived.self).map(\.contentHash) == [Deal.content])
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle, "it is said once")
    }

    @Test("D-71: a delivery that fails is tried again, less and less often, until its time is over")
    func retries() throws {
        var deal = try Deal()
        var duty = try self.accepted(&deal)
        deal.state = .delivering(until: deal.now.adding(milliseconds: 7 * Deal.day))
        deal.assigned = [deal.own]
        _ = duty.look(at: [deal.contract], deal.scene)
        var pauses: [Int64] = []
        for _ in 0..<9 {
            duty.pulled(Deal.content, obstacle: "no room", at: deal.now, .standard)
            #expect(duty.obstacle(to: Deal.content) == "no room")
            let step = duty.look(at: [deal.contract], deal.scene)
            #expect(step.isIdle)
            let next = try #require(step.next)
            pauses.append(next.milliseconds(since: deal.now))
            deal.now = next
            #expect(duty.look(at: [deal.contract], deal.scene).pulls.count == 1)
        }
        let minutes = pauses.map { $0 / 60_000 }
        #expect(minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        deal.state = .failed
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle)
        #expect(duty.offered.availableBytes == 1_000_000_000)
    }

    @Test(
        "the operator's bandwidth is kept to: the next copy waits for the last one's share of time"
    )
    func bandwidth() throws {
        var pulls = CopyPulls()
        let other = Fixture.hash([9])
        #expect(pulls.due(other, at: Fixture.now) == Fixture.now)
        pulls.begin(Deal.content, size: 10_000, bytesPerSecond: 1_000, at: Fixture.now)
        #expect(pulls.due(Deal.content, at: Fixture.now) == nil)
        #expect(pulls.due(other, at: Fixture.now) == Fixture.now.adding(milliseconds: 10_000))
    }

    @Test("another node of the same identity leaves a promise to the node that made it")
    func sister() throws {
        var deal = try Deal()
        deal.accepted = [deal.own]
        deal.assigned = [deal.own]
        deal.state = .delivering(until: deal.now.adding(milliseconds: 7 * Deal.day))
        var duty = self.provider()
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle)
    }

    // MARK: Keeping and letting go

    @Test("R-06-128: a copy that gave way is not fetched again while its artefact is disputed")
    func disputed() throws {
        for (standing, count) in [(.deprioritised, 0), (.withheld, 0), (.clean, 1)]
            as [(ContentStanding, Int)]
        {
            var deal = try Deal()
            var duty = try self.keeping(&deal)
            (deal.isHere, deal.standing) = (false, standing)
            let step = duty.look(at: [deal.contract], deal.scene)
            #expect(step.pulls.count == count, "\(standing)")
        }
    }

    @Test("R-06-104: a kept copy that is lost on this disk is fetched again")
    func repairs() throws {
        var deal = try Deal()
        var duty = try self.keeping(&deal)
        deal.isHere = false
        deal.holders = [deal.own, try Fixture.node(3)]
        let step = duty.look(at: [deal.contract], deal.scene)
        #expect(step.pulls.map(\.hosts) == [[deal.uploader, try Fixture.node(3)]])
    }

    @Test(
        "R-06-059, R-06-093, R-06-100: a copy goes when its contract decayed, was withdrawn, or was handed over",
        arguments: 0..<4
    )
    func drops(_ reason: Int) throws {
        var deal = try Deal()
        var duty = try self.keeping(&deal)
        #expect(duty.offered.copyCount == 1)
        switch reason {
        case 0: deal.state = .decayed(at: deal.now)
        case 1: deal.state = .withdrawn(at: deal.now)
        case 2:
            deal.holders = [try Fixture.node(4)]
            deal.assigned = [try Fixture.node(4)]
        default: deal.standing = .condemned
        }
        #expect(duty.look(at: [deal.contract], deal.scene).drops == [Deal.content])
        #expect(duty.offered.copyCount == 0)
        #expect(duty.offered.availableBytes == 1_000_000_000)
    }

    @Test("R-06-057: in a grace period copies stay")
    func grace() throws {
        var deal = try Deal()
        var duty = try self.keeping(&deal)
        deal.state = .grace(until: deal.now.adding(milliseconds: Deal.day))
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle)
        #expect(duty.offered.copyCount == 1)
    }

    @Test(
        "what this node shares or adopted itself stays, and so does what it never kept for others"
    )
    func keepsOwn() throws {
        var deal = try Deal()
        var duty = try self.keeping(&deal)
        deal.state = .decayed(at: deal.now)
        deal.isPinned = true
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle)
        deal.isPinned = false
        var stranger = self.provider()
        #expect(stranger.look(at: [deal.contract], deal.scene).isIdle)
    }

    @Test("R-06-100: what was kept before a restart goes, too")
    func dropsAfterRestart() throws {
        var deal = try Deal()
        deal.isHere = true
        deal.accepted = [deal.own]
        deal.state = .withdrawn(at: deal.now)
        var duty = self.provider()
        duty.heardOwn(try deal.said(CopyReceived(contentHash: Deal.content)))
        #expect(duty.look(at: [deal.contract], deal.scene).drops == [Deal.content])
    }

    // MARK: Taking over

    @Test(
        "R-06-089, R-06-090: who is to take over fetches first, and acknowledges when all is there"
    )
    func takesOver() throws {
        var deal = try Deal()
        let former = try Fixture.node(2)
        let transfer = MessageID.named("transfer")
        deal.state = .active
        deal.holders = [former]
        deal.transfers = [
            Contract.Transfer(id: transfer, from: former, to: deal.own, acknowledgedBy: nil)
        ]
        var duty = self.provider()
        let begun = duty.look(at: [deal.contract], deal.scene)
        #expect(begun.pulls.map(\.hosts) == [[deal.uploader, former]])
        #expect(begun.actions.published.isEmpty)
        duty.pulled(Deal.content, obstacle: nil, at: deal.now, .standard)
        deal.isHere = true
        let said = duty.look(at: [deal.contract], deal.scene).actions
        let acknowledgement = try #require(said.published(RentTransferAck.self).first)
        #expect(acknowledgement.originalProvider == former)
        #expect(acknowledgement.transferID == transfer)
    }

    @Test("R-06-087: nobody takes over what it has no room for")
    func unwilling() throws {
        var deal = try Deal()
        deal.state = .active
        deal.transfers = [
            Contract.Transfer(
                id: MessageID.named("transfer"),
                from: try Fixture.node(2),
                to: deal.own,
                acknowledgedBy: nil
            )
        ]
        var duty = self.provider(StorageOffer(allocatedBytes: 10))
        #expect(duty.look(at: [deal.contract], deal.scene).isIdle)
    }

    // MARK: The offer

    @Test("R-06-044: peers are told what is offered, what is left and how many copies are kept")
    func news() throws {
        var deal = try Deal()
        var duty = try self.keeping(&deal)
        guard case .tell(let offered)? = duty.news().first else {
            Issue.record("nothing was told")
            return
        }
        #expect(
            offered
                == StorageOffered(
                    allocatedBytes: 1_000_000_000,
                    availableBytes: 999_900_000,
                    copyCount: 1
                )
        )
        #expect(duty.news().isEmpty, "the same is told once")
    }

    @Test("media types are taken by name, by kind, in any case and with any parameters")
    func types() {
        let offer = StorageOffer(allocatedBytes: 1, contentTypes: ["text/*", "image/PNG"])
        for type in ["text/plain", "TEXT/markdown; charset=utf-8", "image/png"] {
            #expect(offer.takes(type), "\(type)")
        }
        for type in ["image/jpeg", "application/text", ""] { #expect(!offer.takes(type)) }
        #expect(StorageOffer(allocatedBytes: 1).takes("anything"))
    }
}
