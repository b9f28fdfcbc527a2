# `make` lists the targets.
#
# A fresh machine needs Go, make and git: gen/ is committed, so that only `make gen` and `make check` want the tools of
# tools/go.mod (Go builds them at first use) and, once, npm for Google's protos (tools/protos.sh).

DEMO_FLAGS ?=
FUZZTIME   ?= 10s
KILLS      ?= 1000
LEAVES     ?= 500000
PROGRAMS   ?= 1h
PROFILE    ?=
PICTURES   ?=

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
TOOL     := go tool -modfile=tools/go.mod

# How many packages are tested side by side: most of them wait for the disk, or for nodes, half of the time.
PACKAGES := 4

# The tests that drive real programs and nothing else.
REAL := kill|readme|rules|scripts

# Where tests find the programs that they run; each package builds its own where it is not said.
BUILT    := SPS_PROGRAMS=$(CURDIR)/bin/test

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1 /p' $(MAKEFILE_LIST) | while read -r name what; do printf '  %-10s %s\n' "$$name" "$$what"; done

.PHONY: build
build: ## build spsd and spsctl into bin/
	@mkdir -p bin
	go build -trimpath -buildvcs=false -ldflags '-X main.version=$(VERSION)' -o bin/ ./server/cmd/spsd ./client/cmd/spsctl

.PHONY: demo
demo: build ## run a federation of real nodes on this machine; DEMO_FLAGS='--once -o json --input FILE' are handed on
	@bin/spsctl demo $(DEMO_FLAGS)

.PHONY: test
test: programs ## all tests that need nothing but Go
	$(BUILT) go test -p $(PACKAGES) ./...

.PHONY: faults
faults: programs ## faults of kernel, disk and process on real nodes; Linux on amd64, as root, some minutes
	$(BUILT) go test -tags faults -count=1 -timeout 30m -parallel 4 -v ./tests/faults/process

.PHONY: soak
soak: ## KILLS (1000) kills of loaded nodes at calls of all kinds; LEAVES (500000) entries after eight weeks off line; random programs for PROGRAMS (1h)
	go test -tags faults -count=1 -timeout 24h -v ./tests/faults/process -run 'TestFault01_KillsUnderLoad$$' -args -kills=$(KILLS)
	go test -count=1 -timeout 24h -v ./tests/faults -run 'TestFault13_EightWeeksAway$$' -args -leaves=$(LEAVES)
	go test -count=1 -timeout 24h -v ./tests/faults -run 'TestFault34_Programs$$' -args -programs-for=$(PROGRAMS)

.PHONY: browser
browser: ## open the pages of a real node in Chromium, which has to be installed; PICTURES=DIR leaves pictures of them
	go -C tests/browser mod tidy -diff
	go -C tests/browser vet ./...
	go -C tests/browser test -count=1 ./... $(if $(PICTURES),-args -pictures $(abspath $(PICTURES)))

.PHONY: check
check: tidy lint vet proto regenerated race ## what CI runs: modules, lint, vet, protos, gen, tests with -race, rules of the house

.PHONY: man
man: build ## write the manual pages of spsctl into bin/man/
	@bin/spsctl man bin/man

.PHONY: gen
gen: ## write gen/ anew from proto/
	tools/gen.sh

.PHONY: cover
cover: ## coverage of the packages that must hold 85 %; PROFILE=cover/race.out takes the one that `make check` left
	tools/cover.sh $(PROFILE)

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (10s)
	tools/fuzz.sh $(FUZZTIME)

.PHONY: lint
lint: ## golangci-lint with the linters named in .golangci.yml, gofumpt among them
	$(TOOL) golangci-lint run

.PHONY: baseline
baseline: ## renewed only at a release: what `buf breaking` holds proto/ against
	tools/protos.sh
	$(TOOL) buf build proto --exclude-source-info -o proto/baseline.binpb

.PHONY: clean
clean: ## remove what was built
	rm -rf bin cover

# What tests run, built once for all packages of a run.
.PHONY: programs
programs:
	@mkdir -p bin/test
	go build -o bin/test/ ./server/cmd/spsd ./client/cmd/spsctl

# The parts of check.

.PHONY: tidy
tidy:
	go mod tidy -diff
	go mod verify
	go -C tools mod verify

.PHONY: vet
vet:
	go vet ./...
	go vet -tags faults ./tests/faults/...

.PHONY: proto
proto:
	tools/protos.sh
	$(TOOL) buf format proto --diff --exit-code
	$(TOOL) buf lint
	$(TOOL) buf breaking proto --against proto/baseline.binpb

.PHONY: regenerated
regenerated:
	tools/gen.sh -check

# What drives real programs is tested without the race detector, which would only watch the tests: those programs are
# built without it. The results serve `make test` too. What go test vets is part of what vet does before.
.PHONY: race
race: programs
	@mkdir -p cover
	$(BUILT) go test -race -vet=off -p $(PACKAGES) -timeout 20m -coverpkg=$$(tools/cover.sh -packages) -coverprofile=cover/race.out \
		$$(go list ./... | grep -vE '/tests/($(REAL))$$')
	$(BUILT) go test -p 2 $(foreach name,$(subst |, ,$(REAL)),./tests/$(name))
