# bonafide: «make run» sets up, builds and serves; «make test» runs everything. «make help» lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
PORT ?= 8888

# The folder with the networks and ONNX Runtime that «make setup» fills.
export BONAFIDE_MODELS ?= $(CURDIR)/models
# Pictures to measure on and networks to compare with. They are not part of the project: what needs them is skipped without them.
export BONAFIDE_DATA ?= $(shell cd ../shared/data 2>/dev/null && pwd)
export BONAFIDE_PEERS ?= $(shell cd ../shared/reference-models 2>/dev/null && pwd)

# Without libjpeg-turbo's headers the standard library decodes JPEG.
TAGS = $(shell scripts/have-libjpeg || echo nojpegturbo)
# A vendor's public key; a binary with one enforces that vendor's licences (docs/licensing.md).
LICENSE_ISSUER ?=
BUILD = go build -trimpath -tags '$(TAGS)' -ldflags '-s -w -X main.version=$(VERSION) -X main.builtInIssuer=$(LICENSE_ISSUER)'

.PHONY: help setup build run test lint fuzz soak overload scale bench peer accuracy accuracy-docs calibrate train screenshots image-check clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: ## Install what is missing: native packages, Go modules, networks, ONNX Runtime
	@scripts/setup-native
	@scripts/setup-models

build: setup ## Build bin/bonafide
	@$(BUILD) -o bin/bonafide ./cmd/bonafide

run: build ## Set up, build and serve on :8888 (PORT changes it)
	@exec bin/bonafide serve --listen ":$(PORT)"

test: setup ## Run every test: first with the race detector, then at full length
	@scripts/setup-test
	go vet -tags '$(TAGS)' ./...
	go test -race -short -timeout 15m -tags '$(TAGS)' ./...
	go test -timeout 15m -tags '$(TAGS)' ./...
	@$(MAKE) --no-print-directory -C training test

screenshots: setup ## Write pictures of the pages, at three sizes in two themes, into out/screenshots
	@scripts/setup-test
	go test -tags '$(TAGS)' -count 1 -run TestScreenshots ./internal/web -screenshots '$(CURDIR)/out/screenshots'

lint: ## Run golangci-lint (installed into bin on first use)
	@scripts/lint

FUZZTIME ?= 30s
fuzz: ## Run every fuzz target for FUZZTIME
	@scripts/fuzz $(FUZZTIME) '$(TAGS)'

soak: setup ## Send 2,000 mixed requests, 16 at a time, to the real server: every answer right, memory flat
	go test -tags '$(TAGS)' -run TestSoak -count 1 -v -timeout 30m ./cmd/bonafide -soak 2000

overload: setup ## Print latencies with ten times as many clients as analyses run at once
	go test -tags '$(TAGS)' -run TestOverload -count 1 -v ./cmd/bonafide -overload 20

scale: setup ## Print how much more two processes behind a proxy answer than one
	go test -tags '$(TAGS)' -run TestTwoProcessesShareTheLoad -count 1 -v ./cmd/bonafide -scale 15

# The quieter the machine, the less the figures over HTTP depend on it; CPU times and their ratios hardly do.
BENCH ?=
# The networks of one face, as the default pack's vendor publishes them. The product has replaced fr_pose, which is fetched for comparison alone.
FR_POSE = out/published/package/model/fr_pose.onnx
PUBLISHED = fr_detect fr_landmark fr_eye fr_liveness
bench: build ## Print times against their limits, stage by stage, then throughput over HTTP (BENCH=--json …)
	@$(MAKE) --no-print-directory $(FR_POSE) || echo 'bench: without fr_pose.onnx, which could not be fetched, all networks are not compared with the published pack' >&2
	@set --; if [ -e $(FR_POSE) ]; then set -- $(foreach name,$(PUBLISHED),--against="$$BONAFIDE_MODELS/$(name).onnx") --against=$(FR_POSE); fi; \
	bin/bonafide bench testdata/astronaut.jpg "$$@" $(BENCH)

$(FR_POSE):
	@mkdir -p out/published
	@cd out/published && npm pack --silent faceplugin-face-recognition-js@0.0.1 >/dev/null && tar -xzf faceplugin-*.tgz package/model/fr_pose.onnx && rm faceplugin-*.tgz
	@echo '72d032ec941b7153bf8d3f2c03a4c165453cc7e63d479041ec7c6ef087e5839d  $@' | sha256sum --check --quiet
	@touch $@

peer: build ## Print the CPU time of what users would otherwise run, and of the same by bonafide (needs python3-torch, -opencv, -onnx)
	@[ -n '$(BONAFIDE_PEERS)' ] || { echo 'peer: BONAFIDE_PEERS must name the folder with the networks of the peer (docs/performance.md)' >&2; exit 1; }
	@$(MAKE) --no-print-directory -C training peer PEERS='$(BONAFIDE_PEERS)' PACK='$(BONAFIDE_MODELS)'

accuracy: build ## Print every accuracy figure, on the pictures in BONAFIDE_DATA
	@go run -tags '$(TAGS)' ./internal/accuracy

# Which part of docs/accuracy.md to write, or which calibration to fit: one name for each set of liveness networks in BONAFIDE_MODELS.
SET ?= default
accuracy-docs: build ## Print the figures and write them into docs/accuracy.md
	@go run -tags '$(TAGS)' ./internal/accuracy -docs docs/accuracy.md -set '$(SET)'

calibrate: build ## Fit the built-in calibration of the liveness networks to pad/ of BONAFIDE_DATA
	@bin/bonafide evaluate "$(BONAFIDE_DATA)/pad" --name 'pad/: web photographs and clips of nine sources' \
		--calibrate internal/catalog/calibrations/'$(SET)'.json

train: setup ## Train the liveness network anew, from the pictures in BONAFIDE_DATA and the teachers in BONAFIDE_PEERS
	$(MAKE) -C training DATA='$(BONAFIDE_DATA)' PEERS='$(BONAFIDE_PEERS)' PACK='$(BONAFIDE_MODELS)'

image-check: setup ## Build the container image and run it, read-only and as uid 10001 (as root, with buildah; minutes)
	@scripts/setup-test image
	go test -tags '$(TAGS)' -run TestImage -count 1 -v -timeout 30m ./deploy -image

clean: ## Remove what was built; the networks stay
	rm -rf bin
