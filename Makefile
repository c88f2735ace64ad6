# SPDX-License-Identifier: Apache-2.0
# The verbs; meson does the work.  `make help` lists them.

BUILD = build
PREFIX = $(CURDIR)/$(BUILD)/prefix
BIN = $(PREFIX)/bin
STACK = services/stack
SEND = curl -sS -i http://localhost:8000/checkout

# Settings of the demo: a trace is visible within 2 s of its answer.
TRACED = OTEL_BSP_SCHEDULE_DELAY=500 PATH=$(BIN):$$PATH

# Where packages.sh builds libh2o on a system that has no package of it.
export PKG_CONFIG_PATH := $(CURDIR)/build/h2o/lib/pkgconfig:$(PKG_CONFIG_PATH)

.PHONY: help build demo check check-nix check-cluster bench compare soak lab-stop coverage fuzz format clean packages \
	infra-up infra-down run-order run-order-custom run-order-manual \
	run-gateway run-gateway-manual run-request

help:
	@sed -n 's/^#: //p' Makefile

packages:
	@$(STACK)/packages.sh $(TOOLS)

$(BUILD)/build.ninja:
	@meson setup $(BUILD) --prefix $(PREFIX) --libdir lib >$(BUILD).log || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

#: make build               build everything and install it under build/prefix
build: packages
	@$(MAKE) -s --no-print-directory $(BUILD)/build.ninja
	@output=$$(ninja -C $(BUILD) --quiet) || failed=1; printf '%s' "$$output" | grep -v '^ninja: no work'; exit $${failed:-0}
	@meson install -C $(BUILD) --no-rebuild --only-changed --quiet

#: make demo                start the stack, send /checkout, print the trace  (KEEP=1: leave it running;
#:                          ORDER=zero-code|custom|manual, STORE=none|sqlite|postgres, BACKEND=traceview|jaeger)
demo: TOOLS = $(if $(filter postgres,$(STORE)),postgresql)
demo: build
	@STACK_BIN=$(BIN) $(STACK)/stack.sh --once $(if $(KEEP),--keep) \
		--order $(or $(ORDER),custom) --store $(or $(STORE),none) --backend $(or $(BACKEND),traceview)

#: make lab-1               start a lab: a shop with a fault in it, and a question (services/labs/README.md)
#:                          (lab-1 ANSWER='...': check an answer; lab-stop: end the lab)
lab-%: build
	@PATH=$(BIN):$$PATH python3 services/labs/lab.py $*
lab-stop:
	@python3 services/labs/lab.py --stop

#: make check               run every test that this machine can run
check: TOOLS = valgrind clang-14 g++ groff-base clang-format-14 locales libh2o-dev libuv1-dev \
	libmicrohttpd-dev libevent-dev ustreamer git php-cli php-curl libwww-curl-perl ruby-curb ruby-ffi ruby-typhoeus lua5.1 lua-curl \
	python3-pycurl sqlite3 postgresql python3-psycopg2 samtools debuginfod cmake musl-tools chromium chromium-driver \
	podman podman-compose runc netavark aardvark-dns iptables patch
check: packages
	@tests/check.sh

#: make bench               measure speed beside other SDKs in one run; into tests/bench/results
#:                          (BENCH="--only services": one part; BENCH=--quick: short rounds)
bench: build
	@tests/bench/bench.sh $(BUILD) $(BENCH)

#: make compare            count the spans of 1, 100 and 1,000 requests at once that have the right parent: ours, Python's
#:                          original and eBPF's, where they are to be had  (COMPARE="--only ours": see COMPARE=--help)
compare: build
	@LIBTRACE_BIN=$(BIN) python3 tests/compare/compare.py $(COMPARE)

#: make soak                load the stack for 20 minutes, with outages and restarts: memory, and every span, are counted
soak: build
	@LIBTRACE_BIN=$(BIN) LIBTRACE_RATE=$(CURDIR)/$(BUILD)/tests/bench/rate LIBTRACE_SOAK_S=1200 \
		python3 tests/integration/test_soak.py

#: make check-nix           test the flake: packages, images in containers, the stack; needs root, but no network
check-nix:
	@tests/nix/check-nix.sh

#: make check-cluster       test the manifests on kubectl's current cluster, or on a one-node cluster of its own
check-cluster: TOOLS = php-cli php-curl musl-tools patchelf
check-cluster: packages
	@tests/e2e/check-cluster.sh

#: make format              format every C file, as `make check` requires
format: TOOLS = clang-format-14
format: packages
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

#: make coverage            print how much of libtrace/src is tested, line by line; fails below 90 % (needs gcov)
coverage: packages
	@python3 tests/coverage.py

#: make fuzz                fuzz the parsers, a minute each (needs clang and its libclang-rt)
fuzz:
	@tests/fuzz/fuzz.sh

#: make infra-up            start a trace backend in the background: a real Jaeger if there is one, else traceview
infra-up: build
	@PATH=$(BIN):$$PATH $(STACK)/infra.sh up

#: make infra-down          stop the trace backend
infra-down:
	@$(STACK)/infra.sh down

#: make run-order           run order-service under libtrace-instrument, on :8001
run-order: build
	@$(TRACED) exec libtrace-instrument --service-name order-service order-service

#: make run-order-custom    the same with custom spans and correlated logs
run-order-custom: build
	@$(TRACED) exec libtrace-instrument --service-name order-service order-service-custom

#: make run-order-manual    the same with propagation by hand and no launcher
run-order-manual: build
	@$(TRACED) OTEL_SERVICE_NAME=order-service exec order-service-manual

#: make run-gateway         run api-gateway under libtrace-instrument, on :8000
run-gateway: build
	@$(TRACED) exec libtrace-instrument --service-name api-gateway api-gateway

#: make run-gateway-manual  the same with propagation by hand and no launcher
run-gateway-manual: build
	@$(TRACED) OTEL_SERVICE_NAME=api-gateway exec api-gateway-manual

#: make run-request         send one /checkout
run-request:
	@$(SEND)

clean:
	rm -rf $(BUILD) $(BUILD)-*
