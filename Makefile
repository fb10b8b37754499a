# Requin. `make demo` and `make test` set up a fresh Debian 12 machine with Go by themselves.

ORT_VERSION := 1.27.0
ORT := .tools/onnxruntime/libonnxruntime.so.1
ORT_ARCH := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x64)
SHIM := .tools/torch/librequin_torch.so
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
FUZZTIME ?= 30s
export REQUIN_DATA ?= $(abspath ../shared/data)

.PHONY: all build tools ffmpeg torch demo test format lint unit race web web-check browser chromium npm bench verify fuzz clean

all: build

build:
	go build -buildvcs=auto -o bin/requin .

# What Requin needs besides Go: ffmpeg, and the library of ONNX Runtime.
tools: ffmpeg $(ORT)

ffmpeg:
	@command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null && command -v gcc >/dev/null || \
	  { $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends ffmpeg gcc libc6-dev; }

$(ORT): | npm
	@mkdir -p .tools/onnxruntime .tools/npm
	@echo "Fetching ONNX Runtime $(ORT_VERSION) from npm ..."
	@cd .tools/npm && npm pack --silent --ignore-scripts onnxruntime-node@$(ORT_VERSION) >/dev/null
	@tar -xzf .tools/npm/onnxruntime-node-$(ORT_VERSION).tgz -C .tools/onnxruntime --strip-components=5 package/bin/napi-v6/linux/$(ORT_ARCH)/libonnxruntime.so.1
	@rm -rf .tools/npm
	@touch $@

# Training's library: a shim over libtorch. Without TORCH_DIR, Debian's (CPU alone); with it, the folder of a libtorch, or
# of a pip-installed torch (.../site-packages/torch), that has include/ and lib/: CUDA where that has it.
torch: $(SHIM)

$(SHIM): torch/shim/build.sh $(wildcard torch/shim/*.cc torch/shim/*.h) .tools/torch/built-against
	@torch/shim/build.sh $@ $(TORCH_DIR)

# Changes only when another libtorch is asked for.
.tools/torch/built-against: FORCE
	@mkdir -p $(@D)
	@echo '$(TORCH_DIR)' | cmp -s - $@ || echo '$(TORCH_DIR)' > $@

FORCE:

# SURVEY=FOLDER does the same on a survey of your own.
demo: tools torch build
	./bin/requin demo $(if $(SURVEY),--survey '$(SURVEY)')

# Everything that must hold before a change is taken.
test: tools torch format lint unit race web-check

format:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }

lint:
	go vet ./...
	go tool staticcheck ./...

unit:
	go test -vet=off -timeout 30m ./...  # lint has vetted; the transcripts of cli take long on a busy machine

race:
	go test -vet=off -race -short ./scan ./survey  # scan drives video

# The review page: web/app in Svelte, built into web/static, which is committed and embedded.
web: web/app/node_modules/.package-lock.json
	cd web/app && npm run --silent build

# The page's types, its unit tests, and that what is committed is what its sources give.
web-check: web/app/node_modules/.package-lock.json
	@cd web/app && npm run --silent check && npm run --silent unit && \
	  npm run --silent build -- --outDir build/static --logLevel warn && diff -r build/static ../static && echo "web/static is what web/app gives" || \
	  { echo "web/static is not what web/app gives, or the page fails its checks: run make web, look at git diff, commit" >&2; exit 1; }

# The page in Chromium against the true server: a review to the certificate, and what goes wrong at sea.
browser: tools build chromium web/app/node_modules/.package-lock.json
	cd web/app && node test/browser.test.js

chromium:
	@command -v chromium >/dev/null || { $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends chromium; }

web/app/node_modules/.package-lock.json: web/app/package-lock.json | npm
	cd web/app && npm ci --silent
	@touch $@

npm:
	@command -v npm >/dev/null || { $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends npm; }

# Wall time and memory beside ffmpeg alone, ONNX Runtime alone, and OpenCV with PyTorch.
# BENCH_MINUTES=60 is one hour of video (the default is 10 minutes).
bench: tools build
	./bench/run.sh

# Slow checks: every fuzz test for a while, and the long scenarios.
verify: tools torch fuzz browser
	REQUIN_VERIFY=1 go test -count=1 ./...

fuzz:
	@for t in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -h '^func Fuzz' $$t/*_test.go | sed 's/func \(Fuzz[A-Za-z0-9_]*\).*/\1/'); do \
	    echo "$$t $$f"; go test $$t -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || exit 1; done; done

clean:
	rm -rf bin .tools
