import Cryptography
import Messages
import Primitives

// A payload of every type, with some of its optional members.
extension Examples {
    mutating func payload(_ type: MessageType) -> any WirePayload {
        switch type {
        case .authChallenge, .authResponse, .peerAnnounce, .peerListRequest, .peerListResponse:
            self.meeting(type)
        case .syncRequest: self.syncRequest()
        case .syncResponse: self.syncResponse()
        case .stateSnapshot: self.snapshot()
        case .request, .propose, .withdraw, .adopt, .vote, .comment: self.governance(type)
        case .keyRotate, .keyConflict, .didLink, .didRevoke, .reputationGossip:
            self.identity(type)
        case .share, .contentRequest, .contentResponse, .contentWithdraw, .flag:
            self.content(type)
        case .storageChallenge, .storageProof, .copyQuery, .copyQueryResponse, .challengeResult,
            .replicateRequest, .replicateAccept, .copyAssignment, .copyReceived, .rentPayment,
            .rentTransfer, .rentTransferAck:
            self.storage(type)
        }
    }

    // MARK: Meeting

    private mutating func proof() -> VDFProof {
        VDFProof(
            output: self.bytes32(),
            inputData: self.bytes32(),
            difficulty: self.integer(),
            computedAt: self.time(),
            checkpoints: self.list(0...10) {
                VDFCheckpoint(iteration: $0.integer(), hash: $0.bytes32())
            }
        )
    }

    private mutating func mark() -> NetworkMark {
        NetworkMark(hash: self.bytes32(), name: self.text())
    }

    private mutating func meeting(_ type: MessageType) -> any WirePayload {
        switch type {
        case .authChallenge:
            AuthChallenge(
                nonce: self.bytes(32),
                initiatorKey: self.id(),
                network: self.optional { $0.mark() }
            )
        case .authResponse:
            AuthResponse(
                signature: self.signature(),
                publicKey: self.id(),
                vdfProof: self.proof(),
                network: self.optional { $0.mark() },
                sentAt: self.optional { $0.time() }
            )
        case .peerListRequest:
            PeerListRequest(limit: self.integer(1...Self.largest), after: self.optional { $0.id() })
        case .peerListResponse:
            PeerListResponse(
                peers: self.list(0...1_000) {
                    .init(nodeID: $0.id(), addresses: $0.list(0...3) { $0.text() })
                },
                hasMore: self.bool()
            )
        default: self.announcement()
        }
    }

    private mutating func announcement() -> PeerAnnounce {
        PeerAnnounce(
            addresses: self.list(0...32) { $0.text() },
            capabilities: self.list(0...64) { $0.text() },
            version: self.integer(),
            uptimeSeconds: self.integer(),
            vdfProof: self.proof(),
            syncStatus: self.optional { $0.choice() },
            storage: self.optional {
                .init(
                    allocatedBytes: $0.integer(),
                    availableBytes: $0.integer(),
                    copyCount: $0.integer()
                )
            },
            governanceSince: self.optional { $0.time() },
            genesisHash: self.optional { $0.bytes32() }
        )
    }

    // MARK: Sync

    private mutating func digest() -> RangeDigest {
        self.ids(0...3).reduce(into: RangeDigest.empty) { $0.add($1) }
    }

    private mutating func comparison() -> SyncComparison {
        let edges = Set(self.list(1...200) { $0.integer() }).sorted()
        let phases = self.list(0...5) { $0.count(1...5) }
        return SyncComparison(
            edges: edges.map { Timestamp(milliseconds: $0) },
            digests: phases.map { phase in
                .init(phase: phase, ranges: edges.map { _ in self.digest() })
            }
        )
    }

    private mutating func syncRequest() -> SyncRequest {
        SyncRequest(
            sinceTimestamp: self.time(),
            sinceID: self.optional { $0.id() },
            types: self.list(0...5) { $0.text() },
            limit: self.count(1...1_000),
            ids: self.ids(0...1_000),
            identityKey: self.optional { $0.id() },
            merkleTree: self.optional { $0.choice() },
            depth: self.optional { $0.integer(0...64) },
            subtreePath: self.optional { $0.list(0...9) { $0.integer(0...1) } },
            comparison: self.optional { $0.comparison() }
        )
    }

    private mutating func syncResponse() -> SyncResponse {
        SyncResponse(
            messages: self.list(0...9) {
                JSONValue.object([("n", .integer($0.integer())), ("a", .string($0.text()))])
                    .canonicalBytes()
            },
            hasMore: self.bool(),
            nextTimestamp: self.optional { $0.time() },
            nextID: self.optional { $0.id() },
            checkpoint: self.optional { $0.bytes32() },
            identityCheckpoint: self.optional { $0.bytes32() },
            merkleNodes: self.list(0...9) {
                .init(
                    path: $0.list(0...9) { $0.integer(0...1) },
                    hash: $0.bytes32(),
                    messageID: $0.optional { $0.id() }
                )
            },
            reputationCurrent: self.list(0...9) {
                .init(nodeID: $0.id(), reputation: $0.fraction(), lastAssessment: $0.time())
            },
            differing: self.optional {
                $0.list(0...1_000) {
                    SyncDifference(
                        phase: $0.count(1...5),
                        range: $0.count(0...199),
                        digest: $0.digest()
                    )
                }
            },
            banList: self.list(0...9) { $0.id() },
            error: self.optional { $0.text() },
            retryAfterMilliseconds: self.optional { $0.integer() }
        )
    }

    private mutating func snapshot() -> StateSnapshot {
        StateSnapshot(
            identityMerkleRoot: self.bytes32(),
            proposalMerkleRoot: self.bytes32(),
            reputationSummaryHash: self.bytes32(),
            activeNodeCount: self.integer(),
            snapshotTimestamp: self.time(),
            identityCount: self.integer(),
            proposalCount: self.integer(),
            governanceSince: self.optional { $0.time() }
        )
    }

    // MARK: Governance

    private mutating func governance(_ type: MessageType) -> any WirePayload {
        switch type {
        case .request:
            Request(
                title: self.text(),
                body: self.text(),
                tags: self.list(0...5) { $0.text() },
                expires: self.optional { $0.time() }
            )
        case .withdraw: Withdraw(proposalID: self.id(), reason: self.optional { $0.text() })
        case .adopt:
            Adopt(
                proposalID: self.id(),
                success: self.bool(),
                notes: self.optional { $0.text() }
            )
        case .vote:
            Vote(
                proposalID: self.id(),
                stance: self.choice(),
                reason: self.optional { $0.text() },
                syncStatus: self.bool() ? .synced : .degraded
            )
        case .comment:
            Comment(
                targetID: self.id(),
                body: self.text(),
                parentCommentID: self.optional { $0.id() },
                verification: self.optional {
                    .init(
                        claimIndex: $0.integer(-Self.largest...Self.largest),
                        isTrue: $0.bool(),
                        evidence: $0.optional { $0.text() }
                    )
                }
            )
        default: self.proposal()
        }
    }

    mutating func resolution() -> Propose.Resolution {
        Propose.Resolution(
            kind: self.choice(),
            contentHash: self.optional { $0.id() },
            subject: self.optional { $0.id() },
            successor: self.optional { $0.id() },
            messageID: self.optional { $0.id() },
            name: self.optional { $0.text() },
            value: self.optional { $0.integer() }
        )
    }

    private mutating func proposal() -> Propose {
        let tier: Propose.Tier = self.choice()
        let day: Int64 = 86_400_000
        let voting: ClosedRange<Int64> =
            tier == .standard ? 1...90 * day : 90 * day...365 * day
        return Propose(
            title: self.text(),
            body: self.text(bytesMax: 5_000),
            tags: self.list(0...10) { $0.tag() },
            description: self.optional { $0.text(bytesMax: 1_024) },
            contentHash: self.id(),
            contentType: self.text(),
            contentSize: self.integer(),
            contentURL: self.optional { $0.text() },
            contentInline: self.optional { $0.bytes($0.count(0...50)) },
            requestID: self.optional { $0.id() },
            originShareID: self.optional { $0.id() },
            supersedes: self.optional { $0.id() },
            claims: self.list(0...50) {
                .init(
                    statement: $0.text(bytesMax: 1_024),
                    isVerifiable: $0.bool(),
                    evidence: $0.optional { $0.text(bytesMax: 1_024) }
                )
            },
            tier: tier,
            eol: self.optional { $0.time() },
            votingDeadline: Self.signed.adding(milliseconds: self.integer(voting)),
            resolution: self.optional { $0.resolution() }
        )
    }

    // MARK: Identity

    private mutating func identity(_ type: MessageType) -> any WirePayload {
        switch type {
        case .keyRotate:
            KeyRotate(oldKey: self.id(), newKey: self.id(), newKeySignature: self.signature())
        case .keyConflict:
            KeyConflict(
                oldKey: self.id(),
                rotateMessage1: self.id(),
                rotateMessage2: self.id(),
                newKey1: self.id(),
                newKey2: self.id()
            )
        case .didLink:
            DIDLink(
                rootKey: self.id(),
                childKey: self.id(),
                childSignature: self.signature(),
                label: self.optional { $0.text() }
            )
        case .didRevoke:
            DIDRevoke(
                rootKey: self.id(),
                revokedKey: self.id(),
                reason: self.optional { $0.text() },
                effectiveFrom: self.optional { $0.time() }
            )
        default:
            ReputationGossip(
                assessments: self.list(0...10) { examples in
                    .init(
                        nodeID: examples.id(),
                        overall: examples.fraction(),
                        byDomain: examples.names(0...4).map {
                            .init(name: $0, score: examples.fraction())
                        },
                        observationCount: examples.integer(),
                        lastObserved: examples.time(),
                        assessmentTimestamp: examples.time()
                    )
                }
            )
        }
    }

    // MARK: Content

    private mutating func described(sizeMax: Int64 = Examples.largest) -> ContentDescription {
        ContentDescription(
            contentHash: self.id(),
            contentType: self.text(),
            contentSize: self.integer(0...sizeMax),
            filename: self.optional { $0.text() },
            description: self.optional { $0.text() },
            tags: self.list(0...20) { $0.text(bytesMax: 64) }
        )
    }

    private mutating func content(_ type: MessageType) -> any WirePayload {
        switch type {
        case .share: Share(entries: self.list(0...50) { $0.described() })
        case .contentRequest:
            ContentRequest(
                contentHash: self.id(),
                offset: self.integer(),
                length: self.integer(1...1_048_576)
            )
        case .contentResponse:
            ContentResponse(
                contentHash: self.id(),
                offset: self.integer(),
                data: self.bytes(self.count(0...100)),
                totalSize: self.integer()
            )
        case .contentWithdraw:
            ContentWithdraw(
                contentHash: self.id(),
                effectiveAfter: self.time(),
                reason: self.optional { $0.text(bytesMax: 1_024) }
            )
        default:
            Flag(
                contentHash: self.id(),
                severity: self.choice(),
                category: self.choice(),
                details: self.text(bytesMax: 10_240),
                hashMatch: self.optional { $0.text() }
            )
        }
    }

    // MARK: Storage

    private mutating func storage(_ type: MessageType) -> any WirePayload {
        switch type {
        case .storageChallenge:
            StorageChallenge(
                contentHash: self.id(),
                offset: self.integer(),
                direction: self.choice(),
                windowSize: self.integer(1_024...65_536),
                challengeNonce: self.bytes32()
            )
        case .storageProof: StorageProof(proofHash: self.bytes32())
        case .copyQuery: CopyQuery(contentHash: self.id())
        case .copyQueryResponse: CopyQueryResponse(hasCopy: self.bool())
        case .challengeResult:
            ChallengeResult(
                challengeID: self.id(),
                contentHash: self.id(),
                challengedNode: self.id(),
                result: self.choice()
            )
        case .replicateRequest:
            ReplicateRequest(
                content: self.described(sizeMax: 100_000_000),
                copyCount: self.integer(1...5),
                reputationStake: self.fraction()
            )
        case .replicateAccept:
            ReplicateAccept(contentHash: self.id(), capacityAvailable: self.integer())
        case .copyAssignment: CopyAssignment(contentHash: self.id(), providers: self.ids(0...9))
        case .copyReceived: CopyReceived(contentHash: self.id())
        default: self.rent(type)
        }
    }

    private mutating func rent(_ type: MessageType) -> any WirePayload {
        switch type {
        case .rentTransfer:
            RentTransfer(
                contentHash: self.id(),
                receivingProvider: self.id(),
                transferFee: self.fraction()
            )
        case .rentTransferAck:
            RentTransferAck(
                contentHash: self.id(),
                originalProvider: self.id(),
                transferID: self.id()
            )
        default:
            RentPayment(
                contentHash: self.id(),
                billingCycle: self.integer(),
                amount: self.fraction(),
                providers: self.list(0...9) { .init(nodeID: $0.id(), amount: $0.fraction()) }
            )
        }
    }
}
