# Two commands do everything on a fresh Debian 12 with Swift 6.3: `make run` and `make test`.
# Both install what is missing, and say so.

SWIFT_FLAGS := --explicit-target-dependency-import-check error
# Everything is compiled once and in one way, for users, tests and trials alike (ADR 0070).
BUILD := swift build -c release $(SWIFT_FLAGS) -Xswiftc -enable-testing -debug-info-format none

.PHONY: help run test lint format build release vectors own-vectors check-vectors external-vectors primitives models conformance picture bench bench-gossip bench-start first-functions verifier-differential faults faults-long market partition check-api check-mcp check-agent check-skill check-share check-monitoring check-guide check-dashboard share simulate stories economics crashes constitution long-run sync-storm evaluation fuzz smoke interop setup clean deb check-deb

help: ## Lists the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

run: setup ## Builds a release and runs a network of local nodes that carries the core loop.
	$(BUILD) --product valence-node
	.build/release/valence-node devnet

# `make test ONLY="Sync Peers"` builds and runs two suites and what they stand on.
test: setup ## Builds and runs all tests, or those of $ONLY.
	@command -v python3 >/dev/null || scripts/install-packages test python3
	@command -v age >/dev/null || scripts/install-packages test age
ifdef ONLY
	VALENCE_TESTS="$(ONLY)" swift build --product valence-nodePackageTests $(SWIFT_FLAGS)
	VALENCE_TESTS="$(ONLY)" swift test --skip-build --no-parallel
else
	$(BUILD) --build-tests
	scripts/run-tests
endif

lint: ## Checks the format of all sources.
	swift format lint --strict --recursive --configuration .swift-format \
		Package.swift Sources Tests Benchmarks examples

format: ## Formats all sources.
	swift format --in-place --recursive --configuration .swift-format \
		Package.swift Sources Tests Benchmarks examples

build: setup ## Builds everything, tests included.
	$(BUILD) --build-tests

release: setup ## Builds everything but the tests.
	$(BUILD)

vectors: build ## Runs the test vectors of $VALENCE_VECTORS, by default the committed ones.
	scripts/run-tests --filter ConformanceTests.VectorTests

own-vectors: ## Writes the vectors of primitives anew; installs what it needs into .build-vectors.
	scripts/own-vectors

check-vectors: ## Compares the vectors of primitives with what would be written, and with other libraries.
	scripts/own-vectors --check

external-vectors: ## Fetches the public suites of vectors into .build-external, where the tests find them.
	@command -v python3 >/dev/null || scripts/install-packages external-vectors python3
	scripts/external-vectors

# Public suites that are not here are left out, by name; VALENCE_EXTERNAL names their folder.
primitives: build ## Runs the vectors of primitives, ours and those of the public suites that are here.
	scripts/run-tests --filter 'ConformanceTests\.(Primitive|Public)'

# VALENCE_SEED is the first seed; a difference is printed as the shortest history that shows it.
models: build ## Compares reputation, governance, the market and sync with the rules written twice: 100,000 histories each.
	VALENCE_HISTORIES=$${VALENCE_HISTORIES:-100000} scripts/run-tests \
		--filter '(Reputation|Consensus)Tests.ModelTests|StorageMarketTests.MarketModelTests|SyncTests.ExchangeModelTests'

conformance: build ## Writes docs/conformance.md: which test shows which rule.
	VALENCE_WRITE_CONFORMANCE=1 scripts/run-tests --filter ConformanceTests.ConformanceTableTests

picture: release ## Draws who sends what to whom into docs/architecture.md.
	scripts/topology-picture

# VALENCE_DIFFERENTIAL is the number of cases, VALENCE_SEED the first seed; all cores are used.
verifier-differential: build ## Compares verdicts of tables of known senders with those of libsodium: 10,000,000 cases.
	VALENCE_DIFFERENTIAL=$${VALENCE_DIFFERENTIAL:-10000000} scripts/run-tests \
		--filter 'KnownSendersTests\.DifferentialTests'

bench: setup ## Measures the hot paths.
	$(BUILD) --product bench
	.build/release/bench

bench-gossip: setup ## Forwards messages beside go-libp2p and compares rates, CPU and memory; some minutes.
	$(BUILD) --product swarm-host
	$(BUILD) --product fan-out
	scripts/bench-gossip

bench-start: setup ## Starts an idle node, linked as a release is: how long it takes, and its memory.
	$(BUILD) --product valence-node
	scripts/bench-start

first-functions: setup ## Finds out anew which functions a release needs to start, which stand side by side.
	$(BUILD) --product valence-node
	$(BUILD) --product swarm-host
	$(BUILD) --product fan-out
	scripts/first-functions

simulate: setup ## Runs the core loop among 64 simulated nodes.
	$(BUILD) --product valence-node
	.build/release/valence-node simulate --nodes 64 --seed 7 --minutes 30

stories: setup ## Plays every story but the longest ones, with checks at every step.
	$(BUILD) --product valence-node
	scripts/stories

economics: setup ## Plays a year of the storage market in towns of 20 and 500; writes docs/economics.md.
	@command -v python3 >/dev/null || scripts/install-packages economics python3
	$(BUILD) --product valence-node
	scripts/economics

# SEED is the first one. A failure names its seed, step and time, and how to see it again.
crashes: setup ## Kills simulated nodes at any step, with what their disks had, for $SEEDS seeds, by default 1,000.
	$(BUILD) --product valence-node
	scripts/crashes $${SEEDS:-1000} $${SEED:-1}

constitution: setup ## Plays 150 days in which 1,024 identities change a rule; some twenty minutes of two cores, 5 GiB.
	$(BUILD) --product valence-node
	.build/release/valence-node simulate --story constitution

long-run: setup ## Plays 400 days in which 20 nodes govern while something always goes wrong; see $SEED.
	$(BUILD) --product valence-node
	.build/release/valence-node simulate --story long-run --seed $${SEED:-1}

sync-storm: setup ## Has 200 simulated nodes return at one moment, and prints what that does to the others.
	$(BUILD) --product valence-node
	.build/release/valence-node simulate --story sync-storm

evaluation: setup ## Puts 1,000 routers under the nine attacks of the GossipSub report; draws the results.
	$(BUILD) --product gossip-evaluation
	.build/release/gossip-evaluation >.build/gossip-evaluation.jsonl
	scripts/gossip-plots .build/gossip-evaluation.jsonl docs/gossip-evaluation

fuzz: setup ## Feeds every decoder of foreign bytes with libFuzzer for $FUZZ_SECONDS each, by default 20.
	scripts/fuzz $${FUZZ_SECONDS:-20}

smoke: release ## Builds a release and tries it: devnet, simulation, a story, bench.
	scripts/smoke

interop: release ## Talks to go-libp2p and py-libp2p; installs both into .interop.
	scripts/interop

faults: release ## Cuts wires, moves clocks, floods and kills real nodes; six minutes, as root.
	scripts/faults

faults-long: release ## The same with longer cuts, 1,000 kills and 500 damaged images; an hour.
	scripts/faults --long

market: setup ## Has six real nodes keep copies for each other in days of 40 seconds; ten minutes, as root.
	$(BUILD) --product valence-node
	scripts/market --long

# MESSAGES is the size of the log that a cold node reads, by default 20,000.
partition: setup ## Cuts ten real nodes apart and heals them, has cold ones catch up; an hour, as root.
	$(BUILD) --product valence-node
	scripts/partition --long

check-mcp: release ## Has MCP clients of today and of yesterday use a node; installs them into .build-mcp.
	scripts/check-mcp

check-api: release ## Has openapi-spec-validator and schemathesis try the local API; installs both into .build-api.
	scripts/check-api

check-agent: release ## Has a scripted agent that knows only SKILL.md take part in a network; four minutes.
	scripts/check-agent

check-skill: release ## Has the reference implementation of the format check the skill; installs it into .build-skill.
	scripts/check-skill

check-monitoring: release ## Has promtool and Prometheus' client read what a node tells; tries alerts and dashboard.
	scripts/check-monitoring

check-guide: release ## Tries every block of the operators' guide, and compares its table with the alerts.
	scripts/check-guide

check-dashboard: release ## Has headless Chromium and axe look at the dashboard of a node among others.
	scripts/check-dashboard

check-share: release ## Renders the man pages and tries the completions of shells.
	scripts/check-share

share: release ## Writes man pages, completions and the skill into .build/share, for packages.
	scripts/share .build/share

deb: release ## Makes the Debian package in .build/deb, with the service, man pages and completions.
	scripts/deb

check-deb: release ## Installs, runs, upgrades and purges the Debian package in a root of its own; checks the unit.
	scripts/check-unit
	scripts/check-deb --lintian

setup: ## Installs the system libraries that are missing.
	@scripts/setup

clean: ## Removes what was built.
	rm -rf .build .build-api .build-dashboard .build-models .build-skill .build-external .build-external.part .build-vectors .interop
