# The face of the build; CMake does the work (presets: release, asan, tsan, fuzz).
#
#   make demo        install what is missing, build, run the built-in study, write demo/report.html
#   make check       install what is missing, build, run every test
#   make check-sanitizers   ASan+UBSan: the tests that run our own code in C; TSan: those with more than one thread (CMakePresets.json)
#   make check-long  simulations and real-data tests that take longer, and every test under both sanitizers
#   make fuzz        every reader of files under libFuzzer, ten minutes of a processor each (clang)
#   make bench       figures of docs/performance.md, beside the peers
#   make install     PREFIX=/usr/local DESTDIR=
PREFIX ?= /usr/local
XSNR = build/release/bin/xsnr

.PHONY: all deps release demo check check-sanitizers check-long check-static fuzz bench install clean
all: release

deps:
	@scripts/install-deps

release: deps
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) > build-release.log 2>&1 || { cat build-release.log; exit 1; }
	@rm -f build-release.log
	@cmake --build --preset release -- --quiet

demo: release
	@if [ -e demo ] && [ ! -e demo/study.yaml ]; then echo "demo/ is there and is not ours; move it away" >&2; exit 1; fi
	@test -e demo/study.yaml || $(XSNR) init demo
	@$(XSNR) run demo/study.yaml
	@echo; echo "The page is demo/report.html.  One text in the terminal:"
	@echo "  $(XSNR) show demo/study.xsnr --text \"\$$($(XSNR) show demo/study.xsnr | head -1)\""

check: release
	@ctest --preset release -j2
	@scripts/check-packages build/release

check-sanitizers: deps
	@for kind in asan tsan; do \
	    cmake --preset $$kind > /dev/null && cmake --build --preset $$kind -- --quiet && \
	    ctest --preset $$kind -j2 || exit 1; done

check-long: release
	@XSNR_LONG=1 ctest --preset release -j2 --timeout 3600
	@for kind in asan tsan; do \
	    cmake --preset $$kind > /dev/null && cmake --build --preset $$kind -- --quiet && \
	    ctest --test-dir build/$$kind -j2 --output-on-failure --timeout 3600 || exit 1; done

check-static: release
	@scripts/check-static build/release

fuzz: deps
	@scripts/fuzz

bench: deps
	@cmake --preset release -DXSNR_BENCH=ON > /dev/null && cmake --build --preset release -- --quiet
	@bench/run

install: release
	@DESTDIR=$(DESTDIR) cmake --install build/release

clean:
	rm -rf build
