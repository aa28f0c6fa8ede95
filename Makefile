# SPDX-License-Identifier: MIT
# berth: `make run` boots the demo, `make test` runs every test, `make help` lists the rest.
# Everything that is made goes to build/; everything that is missing on a Debian 12 is fetched on first use.

.DELETE_ON_ERROR:
.SECONDEXPANSION:
.SECONDARY:
MAKEFLAGS += -r -j$(shell nproc)
SHELL := /bin/bash
.SHELLFLAGS := -euc

B := build
PREFIX := /usr
FUZZ_SECONDS ?= 60

# --- what is built from what ----------------------------------------------------------------------------------------
# Every folder is one archive, except its main.c: main() of a program lives in FOLDER/main.c and nowhere else.
FOLDERS := lib cgroupfs netcfg sandbox seccomp units log ctl init
PROGRAMS := $(strip $(if $(wildcard init/main.c),berth) $(if $(wildcard ctl/main.c),berthctl) $(if $(wildcard log/main.c),berth-log) $(if $(wildcard seccomp/main.c),berth-seccomp))

# The folders of a program, its own (with main.c) first; then single files of other folders.
berth_FOLDERS := init units sandbox netcfg cgroupfs log lib
berth_FILES := ctl/proto
berthctl_FOLDERS := ctl units log lib
berthctl_FILES := seccomp/groups
berth-log_FOLDERS := log lib
berth-log_FILES :=
berth-seccomp_FOLDERS := seccomp lib
berth-seccomp_FILES :=

sources = $(filter-out $1/main.c,$(wildcard $1/*.c))
SOURCES := $(foreach f,$(FOLDERS),$(wildcard $f/*.c))
C_FILES := $(SOURCES) $(wildcard $(FOLDERS:=/*.h) bench/*.[ch] bench/*/*.[ch] docs/*.c tests/*.h tests/*/*.[ch] tests/*/*/*.c)

# --- flavours: musl is what ships; asan and fuzz build the same files for tests -------------------------------------
WARNINGS := -Wall -Wextra -Wswitch-enum -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
COMMON := -std=gnu11 -D_GNU_SOURCE -I. -MMD -MP $(WARNINGS)
SECTIONS := -ffunction-sections -fdata-sections
MUSL_HEADERS := -isystem $(B)/deps/kheaders -isystem $(B)/deps/include

musl_CC := musl-gcc
musl_CFLAGS := $(COMMON) $(MUSL_HEADERS) -Os -g $(SECTIONS) -fno-asynchronous-unwind-tables -fno-pie
musl_LDFLAGS := -static -no-pie -L$(B)/deps/lib -Wl,--gc-sections -Wl,-z,noseparate-code,-z,norelro,--sort-section=alignment
musl_NEEDS := $(addprefix $(B)/stamp/dep-,kheaders inih libcap libseccomp cjson cmocka)

asan_CC := gcc
asan_CFLAGS := $(COMMON) -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
asan_LDFLAGS := -fsanitize=address,undefined
asan_NEEDS := $(B)/stamp/packages-build $(B)/stamp/packages-test

fuzz_CC := clang
# string-plus-int: clang's, against "text" + 1, which skips the slash of a path in init/
fuzz_CFLAGS := $(COMMON) -Wno-string-plus-int -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
fuzz_LDFLAGS := -fsanitize=fuzzer,address,undefined
fuzz_NEEDS := $(asan_NEEDS) $(B)/stamp/packages-fuzz

LIBS := -linih -lseccomp -lcap -lcjson

# Names for people. `all` comes first, so it is what plain `make` does.
.PHONY: all run test unit boot-test strip-test corpus lint fuzz bench image docs install clean distclean deps help
all: $(PROGRAMS:%=$(B)/bin/%) ## build berth, berthctl, berth-log and berth-seccomp (static, musl)

# --- dependencies: Debian packages, libraries for musl, the kernel --------------------------------------------------
$(B)/stamp/packages-%: rootfs/packages rootfs/host-packages
	@mkdir -p $(@D)
	@rootfs/host-packages $*
	@touch $@

$(B)/stamp/dep-%: rootfs/deps rootfs/private-apt | $(B)/stamp/packages-build
	@mkdir -p $(@D)
	@rootfs/deps $(B) $*
	@touch $@

$(addprefix $(B)/stamp/dep-,libcap libseccomp cjson cmocka): | $(B)/stamp/dep-kheaders
$(B)/stamp/dep-kernel: | $(B)/stamp/packages-run

deps: $(musl_NEEDS) $(B)/stamp/dep-kernel $(B)/stamp/packages-test ## fetch and build what berth is built from

# --- compiling ------------------------------------------------------------------------------------------------------
# An archive also depends on its folder, whose time changes when a file is removed: no stale member survives.
define flavour
$(B)/obj/$1/%.o: %.c Makefile | $$($1_NEEDS)
	@mkdir -p $$(@D)
	@echo "  CC      $1 $$<"
	@$$($1_CC) $$($1_CFLAGS) $$(if $$(filter tests/%,$$<),-Itests) -c $$< -o $$@

endef

define archive
$(B)/obj/$1/lib$2.a: $(patsubst %.c,$(B)/obj/$1/%.o,$(call sources,$2)) $2 | $(B)/stamp/packages-build
	@mkdir -p $$(@D); rm -f $$@
	@ar rcsD $$@ $$(filter %.o,$$^)
endef
$(foreach f,musl asan fuzz,$(eval $(call flavour,$f))$(foreach d,$(FOLDERS),$(eval $(call archive,$f,$d))))

objects = $(patsubst %,$(B)/obj/musl/%.o,$1)
program_parts = $(call objects,$(firstword $($1_FOLDERS))/main $($1_FILES)) $(patsubst %,$(B)/obj/musl/lib%.a,$($1_FOLDERS))

$(PROGRAMS:%=$(B)/bin/%.debug): $(B)/bin/%.debug: $$(call program_parts,$$*) | $(musl_NEEDS)
	@mkdir -p $(@D)
	@echo "  LINK    $*"
	@$(musl_CC) $(musl_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) $(LIBS) -Wl,--end-group
	@! readelf -lW $@ | grep -w INTERP && ! readelf -dW $@ | grep -w NEEDED || \
		{ echo "$@ is not static" >&2; exit 1; }

$(B)/bin/%: $(B)/bin/%.debug
	@strip -o $@ $<

# The same programs, but able to ignore a directive: for tests/strip alone (its ignore.c).
STRIPPED := $(addprefix $(B)/strip/,berth berthctl)
$(STRIPPED): $(B)/strip/%: $$(call program_parts,$$*) $(B)/obj/musl/tests/strip/ignore.o | $(musl_NEEDS)
	@mkdir -p $(@D)
	@$(musl_CC) $(musl_LDFLAGS) -s -Wl,--wrap=value_assign,--wrap=draft_read -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) $(LIBS) -Wl,--end-group

# --- images ---------------------------------------------------------------------------------------------------------
IMAGE_TOOLS := $(addprefix rootfs/,mkimage add-units add-files package-files) $(shell find rootfs/skeleton -type f) \
	$(wildcard units/shipped/*)
IMAGE_NEEDS := $(PROGRAMS:%=$(B)/bin/%) $(IMAGE_TOOLS) | $(B)/stamp/dep-kernel $(B)/stamp/packages-run
DEMOS := $(patsubst rootfs/%/mkimage.args,%,$(wildcard rootfs/*/mkimage.args))

image: $(B)/image/base.cpio ## build the base image

$(B)/image/base.cpio: $(IMAGE_NEEDS)
	@echo "  IMAGE   $@"
	@rootfs/mkimage --output $@

# A demo is a folder rootfs/NAME with its mkimage options, relative to here, in mkimage.args.
$(DEMOS:%=$(B)/image/%.cpio): $(B)/image/%.cpio: $$(shell find rootfs/$$* -type f) $(IMAGE_NEEDS)
	@echo "  IMAGE   $@"
	@xargs rootfs/mkimage --output $@ <rootfs/$*/mkimage.args

# A boot test may bring an image of its own: mkimage options in its mkimage.args.
TEST_IMAGES := $(patsubst tests/boot/%.test/mkimage.args,%,$(wildcard tests/boot/*.test/mkimage.args))
$(TEST_IMAGES:%=$(B)/image/%.cpio): $(B)/image/%.cpio: tests/boot/%.test/mkimage.args $(IMAGE_NEEDS)
	@echo "  IMAGE   $@"
	@xargs rootfs/mkimage --output $@ <$<

run: $(B)/image/guestbook.cpio ## boot the guestbook demo, console on this terminal
	@qemu/run-demo $<

# --- tests ----------------------------------------------------------------------------------------------------------
# tests/unit/X_test.c is one program. It links the folders whose headers it includes and those below them. A comment line
# in it, `link: tests/fake/sys.c`, names files that stand in for others: linked first, they keep the real ones out.
UNITS := $(patsubst tests/unit/%_test.c,%,$(wildcard tests/unit/*_test.c))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*_fuzz.c))
TEST_FACTS := $(shell awk '/link: tests\// { for (i = 1; i <= NF; i++) if ($$i ~ /^tests\//) print FILENAME "=" $$i } \
	/^\#include "[a-z]*\// { split($$2, part, /["\/]/); print FILENAME "=" part[2] }' \
	$(UNITS:%=tests/unit/%_test.c) $(FUZZERS:%=tests/fuzz/%.c) /dev/null)
test_facts = $(patsubst $1=%,%,$(filter $1=%,$(TEST_FACTS)))
test_fakes = $(patsubst %.c,$(B)/obj/$1/%.o,$(filter tests/%.c,$(call test_facts,$2)))
test_archives = $(patsubst %,$(B)/obj/$1/lib%.a,$(sort $(foreach f,$(call test_facts,$2),$(below_$f))))
$(foreach f,lib cgroupfs netcfg sandbox seccomp log,$(eval below_$f := $f lib))
below_units := units cgroupfs netcfg sandbox log lib
below_ctl := ctl seccomp $(below_units)
below_init := $(FOLDERS)
UNIT_PROGRAMS := $(foreach f,asan musl,$(patsubst %,$(B)/unit/$f/%_test,$(filter $(or $(T),%),$(UNITS))))

define test_program
$(B)/$2/%: $(B)/obj/$1/tests/$3/%.o $$$$(call test_fakes,$1,tests/$3/$$$$*.c) \
		$$$$(call test_archives,$1,tests/$3/$$$$*.c)
	@mkdir -p $$(@D)
	@$$($1_CC) $$($1_LDFLAGS) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) $$(LIBS) $4 -Wl,--end-group
endef
$(eval $(call test_program,asan,unit/asan,unit,-lcmocka))
$(eval $(call test_program,musl,unit/musl,unit,-lcmocka))
$(eval $(call test_program,fuzz,fuzz,fuzz,))

# tests/boot/helpers/NAME.c is a small static program of the guests' /tests/bin.
HELPERS := $(patsubst tests/boot/helpers/%.c,$(B)/tests/%,$(wildcard tests/boot/helpers/*.c))
# tests/attack is one more, of several files.
ATTACK := $(patsubst %.c,$(B)/obj/musl/%.o,$(wildcard tests/attack/*.c))
BOOT_NEEDS := $(B)/image/base.cpio $(DEMOS:%=$(B)/image/%.cpio) $(TEST_IMAGES:%=$(B)/image/%.cpio) $(HELPERS) $(B)/tests/attack

$(HELPERS): $(B)/tests/%: $(B)/obj/musl/tests/boot/helpers/%.o
	@mkdir -p $(@D)
	@$(musl_CC) $(musl_LDFLAGS) -s -o $@ $<

$(B)/tests/attack: $(ATTACK) $(B)/obj/musl/liblib.a
	@mkdir -p $(@D)
	@$(musl_CC) $(musl_LDFLAGS) -s -o $@ $^

unit: $(UNIT_PROGRAMS) ## unit tests, under ASan+UBSan and again with musl; T=NAME for one
	@tests/run unit $(T)

boot-test: $(BOOT_NEEDS) ## boot tests in QEMU; T=NAME for one
	@tests/run boot $(T)

strip-test: $(BOOT_NEEDS) $(STRIPPED) ## does a boot test fail when berth ignores a directive? KEY=NAME for one, JOBS=2
	@tests/strip/run --jobs $(or $(JOBS),1) $(if $(UPDATE),--update) $(KEY)

test: $(UNIT_PROGRAMS) $(BOOT_NEEDS) ## unit tests and boot tests
	@tests/run unit boot

corpus: $(B)/bin/berthctl ## verify the unit files of Debian packages (fetched; needs ../shared)
	@tests/corpus/run

fuzz: $(FUZZERS:%=run-%) ## run each fuzzer for FUZZ_SECONDS
run-%_fuzz: $(B)/fuzz/%_fuzz
	@mkdir -p $(B)/fuzz/corpus/$*
	$< -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 $(B)/fuzz/corpus/$* $(wildcard tests/fuzz/corpus/$*)

# bench/NAME.c is one static program, and so are the files of a folder bench/NAME.
BENCH_C := $(wildcard bench/*.c bench/*/*.c)
BENCH_PROGRAMS := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c)) \
	$(patsubst bench/%/,$(B)/bench/%,$(sort $(dir $(wildcard bench/*/*.c))))
bench_objects = $(patsubst %.c,$(B)/obj/musl/%.o,$(wildcard bench/$1.c bench/$1/*.c))

$(BENCH_PROGRAMS): $(B)/bench/%: $$(call bench_objects,$$*)
	@mkdir -p $(@D)
	@$(musl_CC) $(musl_LDFLAGS) -s -o $@ $^

bench: $(BENCH_PROGRAMS) $(B)/image/base.cpio ## measure start, restart, shutdown, memory and size against the floor
	@bench/run

# --- documentation --------------------------------------------------------------------------------------------------
# docs/gen_X.c prints what the README and the manual pages have from the key table and the state table.
DOC_GENERATORS := $(patsubst docs/%.c,$(B)/docs/%,$(wildcard docs/gen_*.c))

$(B)/docs/gen_machine: $(call objects,$(addprefix init/,machine machine_cells machine_flow machine_table machine_told restart))
$(DOC_GENERATORS): $(B)/docs/%: $(B)/obj/musl/docs/%.o $(patsubst %,$(B)/obj/musl/lib%.a,units lib) | $(musl_NEEDS)
	@mkdir -p $(@D)
	@$(musl_CC) $(musl_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) $(LIBS) -Wl,--end-group

docs: $(DOC_GENERATORS) ## renew the generated parts of README.md, docs/ and man/
	@docs/update

# --- lint -----------------------------------------------------------------------------------------------------------
# Slow checks leave one stamp per file, renewed with the object file, hence after any change of a header too.
LINT := $(B)/stamp/packages-build $(B)/stamp/packages-test $(B)/stamp/packages-lint
LINT_SOURCES := $(SOURCES) $(BENCH_C) $(wildcard docs/*.c)

LINT_STAMPS := $(LINT_SOURCES:%.c=$(B)/lint/%.tidy) $(LINT_SOURCES:%.c=$(B)/lint/%.analyzer)

lint: lint-format lint-includes lint-blocking lint-shell lint-docs lint-cppcheck $(LINT_STAMPS) ## every static check; warnings are errors
	@echo "lint: clean"

format: | $(LINT) ## format every C file as lint wants it
	@clang-format -i $(C_FILES)

.PHONY: format lint-format lint-includes lint-blocking lint-shell lint-docs lint-cppcheck
lint-format: | $(LINT)
	@$(if $(C_FILES),clang-format --dry-run -Werror $(C_FILES))

lint-blocking:
	@tests/lint/blocking

lint-includes:
	@tests/lint/includes

lint-shell: | $(LINT)
	@tests/lint/shell

lint-docs: $(DOC_GENERATORS)
	@docs/update --check

lint-cppcheck: | $(LINT)
	@mkdir -p $(B)/lint/cppcheck
	@$(if $(LINT_SOURCES),tests/lint/cppcheck $(B)/lint/cppcheck $(LINT_SOURCES))

$(B)/lint/%.tidy: $(B)/obj/musl/%.o .clang-tidy | $(LINT)
	@mkdir -p $(@D)
	@echo "  TIDY    $*.c"
	@clang-tidy --quiet $*.c -- -std=gnu11 -D_GNU_SOURCE -I. >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

$(B)/lint/%.analyzer: $(B)/obj/musl/%.o | $(LINT)
	@mkdir -p $(@D)
	@echo "  ANALYZE $*.c"
	@gcc -std=gnu11 -D_GNU_SOURCE -I. $(WARNINGS) -O1 -fanalyzer -c $*.c -o /dev/null
	@touch $@

# --- the rest -------------------------------------------------------------------------------------------------------
install: all ## install berth (DESTDIR=, PREFIX=/usr); /sbin/init becomes berth
	install -D -m 755 $(B)/bin/berth $(DESTDIR)/sbin/berth
	ln -sfn berth $(DESTDIR)/sbin/init
	install -D -m 755 $(B)/bin/berthctl $(DESTDIR)$(PREFIX)/bin/berthctl
	@for name in systemctl poweroff reboot halt; do ln -sfn berthctl $(DESTDIR)$(PREFIX)/bin/$$name; done
	install -D -m 755 $(B)/bin/berth-log $(DESTDIR)/usr/lib/berth/berth-log
	install -D -m 755 $(B)/bin/berth-seccomp $(DESTDIR)/usr/lib/berth/berth-seccomp
	install -d $(DESTDIR)/usr/lib/berth/units $(DESTDIR)/etc/berth/units
	@for unit in $(wildcard units/shipped/*); do install -m 644 $$unit $(DESTDIR)/usr/lib/berth/units/; done
	@for page in $(wildcard man/*.[1-8]); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done

clean: ## remove what was built, keep what was fetched
	rm -rf $(addprefix $(B)/,obj bin unit fuzz lint image boot boot-test tests bench docs corpus/messages corpus/figures)

distclean: ## remove everything that is not in the repository
	rm -rf $(B)

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | sort | expand -t 12

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
