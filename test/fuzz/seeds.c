/*
 * seeds.c
 *	  Write valid blocks of every encoding for the fuzzer to start from.
 *
 * seeds DIRECTORY
 */
#include "postgres.h"

#include "harness.h"
#include "input.h"
#include "stubs.h"
#include "values.h"

typedef struct Seed
{
	const char *directory;
	int			column;
	int			shape;
	RsEncodingPlan plan;
	uint32		nrows;
} Seed;

static void
write_seed(void *arg)
{
	Seed	   *seed = arg;
	const Form *form = &forms[seed->column];
	FuzzHead	head = {{0}};
	RsColumnType type = {0};
	uint64	   *valid = palloc0((seed->nrows + 63) / 64 * sizeof(uint64));
	uint32		nvalues = 0;
	RsValues	values;
	StringInfoData out;
	char		path[MAXPGPATH];
	FILE	   *file;
	uint32		row;

	for (row = 0; row < seed->nrows; row++)
		if (seed->shape % 3 > 0 || row % 4 > 0)
		{
			valid[row / 64] |= UINT64CONST(1) << (row % 64);
			nvalues++;
		}
	make_values(form, seed->shape, nvalues, &values);
	type.phys = form->phys;
	type.width = form->width;
	initStringInfo(&out);
	rs_block_encode(&type, &values, valid, seed->nrows, &seed->plan, &out, &head.form);
	/* No column's own form is INT128: a numeric's block may have it. */
	head.column = (uint8) (form->phys == RS_PHYS_INT128 ? nforms : seed->column);
	head.settle = 1;
	head.count = (uint16) seed->nrows;

	snprintf(path, sizeof(path), "%s/%s-%s-%d-%d-%u", seed->directory,
			 rs_encoding_name(seed->plan.encoding), form->name, seed->shape, seed->plan.codec,
			 seed->nrows);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(&head, sizeof(head), 1, file) != 1 ||
		fwrite(out.data, 1, out.len, file) != (size_t) out.len || fclose(file) != 0)
	{
		perror(path);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	char	   *seed_argument[] = {argv[0], "1"};
	Seed		seed = {argc > 1 ? argv[1] : "."};
	int			id;

	harness_begin(2, seed_argument);
	for (id = RS_ENC_RAW; id < RS_ENC_COUNT; id++)
		for (seed.column = 0; seed.column < nforms; seed.column++)
		{
			RsPhys		phys = forms[seed.column].phys;

			if (!rs_encoding_get((RsEncodingId) id)->accepts(phys))
				continue;
			seed.plan.encoding = (RsEncodingId) id;
			for (seed.shape = 0; seed.shape < nshapes(phys); seed.shape++)
			{
				seed.plan.codec = (RsCodecId) (seed.shape % 3);
				seed.nrows = seed.shape % 2 == 0 ? 20 : 600;
				if (seed.nrows > shape_limit(phys, seed.shape))
					continue;
				if (stub_run(write_seed, &seed) != STUB_DONE)
					return 1;
				stub_free_all();
			}
		}
	return 0;
}
