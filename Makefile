# redshift_ext: Amazon Redshift's data warehouse as a PostgreSQL extension
#
#   make && make install            build, install (PG_CONFIG=... for another server)
#   make installcheck               regression tests against a running server
#   make SANITIZE=undefined         sanitizer build (also address,undefined)
#   make bench, make format

EXTENSION = redshift_ext
MODULE_big = redshift_ext

PARTS = core compat encoding storage vector format mpp planner load functions history systables dialect views endpoint
SRCS = src/redshift_ext.c $(sort $(foreach part,$(PARTS),$(wildcard src/$(part)/*.c src/$(part)/*/*.c)))
OBJS = $(SRCS:.c=.o)

# SQL objects stand beside the C that implements them; this is their order.
SQL_PARTS := src/core/schema.sql src/core/journal.sql src/storage/storage.sql src/mpp/mpp.sql \
	src/storage/inspect.sql src/storage/maintenance.sql src/storage/constraints.sql src/mpp/exchange/exchange.sql src/mpp/execute/sequence_numbers.sql \
	src/mpp/resize/redistribute.sql src/mpp/cluster/definition.sql src/mpp/cluster/node_status.sql src/mpp/plan/partial_aggregate.sql \
	src/mpp/plan/join_columns.sql src/mpp/resize/resize.sql src/mpp/resize/auto_distribution.sql \
	src/systables/load.sql src/load/load.sql src/load/unload/unload.sql src/load/s3/s3.sql src/load/ssh/ssh.sql
# What Redshift has in pg_catalog and nothing above needs: functions, then the views over them.
SQL_PARTS += $(filter-out $(SQL_PARTS),$(foreach part,functions views history systables dialect endpoint,\
	$(sort $(wildcard src/$(part)/*.sql))))
DATA_built = redshift_ext--0.1.sql

# -iquote: "storage/..." is ours, <storage/...> and what we lack is PostgreSQL's.
PG_CPPFLAGS = -iquote $(srcdir)/src -I$(libpq_srcdir)
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -MMD -MP
SHLIB_LINK = $(libpq) -lcurl -lssl -lcrypto -lzstd -llz4 -lz -lbz2 -llzo2 -lsnappy -lbrotlidec -lbrotlienc -lssh -lpcre2-8 -lm

ifdef SANITIZE
PG_CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer
SHLIB_LINK += -fsanitize=$(SANITIZE)
endif

REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
ISOLATION = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=redshift_ext
REGRESS_OPTS = --load-extension=redshift_ext
TAP_TESTS = 1
PROVE_TESTS = $(wildcard test/t/*.pl)
EXTRA_CLEAN = $(OBJS:.o=.d) src/dialect/system_names.h results output_iso log tmp_check

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

src/encoding/%.o src/vector/%.o src/format/%.o: CFLAGS += -O3

redshift_ext--0.1.sql: $(SQL_PARTS)
	cat $(addprefix $(srcdir)/,$(SQL_PARTS)) > $@

# Names that the translator takes for Redshift's own.
src/dialect/names.o: src/dialect/system_names.h
src/dialect/system_names.h: script/system-names $(SQL_PARTS)
	$(srcdir)/script/system-names $(srcdir) > $@

-include $(OBJS:.o=.d)

.DELETE_ON_ERROR:
.PHONY: bench format
bench:
	$(srcdir)/bench/run
	$(srcdir)/bench/tpch/run
	$(srcdir)/bench/cluster/run
	$(srcdir)/bench/load/run
	$(srcdir)/bench/endpoint/run
	$(srcdir)/bench/history/run

format:
	clang-format -i $(SRCS) $(wildcard src/*/*.h src/*/*/*.h)
