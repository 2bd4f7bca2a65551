/*
 * block_decode.c
 *	  libFuzzer's entry to rs_block_decode: any bytes, any words about them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "input.h"
#include "stubs.h"
#include "values.h"

extern int	LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

typedef struct Input
{
	FuzzHead	head;
	RsColumnType type;
	const char *bytes;
} Input;

static void
settle(FuzzHead *head)
{
	RsBlockForm *form = &head->form;
	uint32		bitmap;

	form->nrows %= RS_BLOCK_ROWS + 1;
	form->nnulls = form->nrows == 0 ? 0 : form->nnulls % form->nrows;
	form->flags = form->nrows == 0 ? RS_BLOCK_ALL_NULL :
		form->nnulls > 0 ? RS_BLOCK_HAS_BITMAP : 0;
	bitmap = form->nnulls > 0 ? (form->nrows + 7) / 8 : 0;
	if (form->codec == RS_CODEC_NONE)
		form->raw_size = form->size > bitmap ? form->size - bitmap : 0;
	head->first %= form->nrows + 1;
	head->count %= form->nrows - head->first + 1;
}

/*
 * Decode, and read every row as the executor would.
 */
static void
decode(void *arg)
{
	Input	   *input = arg;
	char	   *bytes = palloc(input->head.form.size);
	volatile uint8 sum = 0;
	RsDecodedBlock block;
	uint32		row;

	memcpy(bytes, input->bytes, input->head.form.size);
	rs_block_decode(&input->type, &input->head.form, bytes, input->head.first,
					input->head.count, &block);
	if (block.values.count != input->head.count)
		abort();
	for (row = 0; row < block.values.count; row++)
	{
		bool		isnull;
		Datum		datum = rs_block_datum(&input->type, &block, row, &isnull);
		const char *at = DatumGetPointer(datum);
		Size		size = input->type.width;
		Size		i;

		if (isnull)
			continue;
		if (input->type.phys == RS_PHYS_VARLEN)
		{
			if (block.values.phys == RS_PHYS_VARLEN && !image_is_sound(&block.values, row))
				abort();
			size = VARSIZE_ANY_EXHDR(at);
			at = VARDATA_ANY(at);
		}
		else if (input->type.phys != RS_PHYS_FIXED)
			continue;
		for (i = 0; i < size; i++)
			sum += (uint8) at[i];
	}
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	Input		input = {0};
	StubOutcome outcome;

	if (size < sizeof(FuzzHead) || size > PG_INT32_MAX)
		return 0;
	memcpy(&input.head, data, sizeof(FuzzHead));
	input.bytes = (const char *) data + sizeof(FuzzHead);
	input.head.form.size = (uint32) (size - sizeof(FuzzHead));
	if (input.head.column < nforms)
	{
		input.type.phys = forms[input.head.column].phys;
		input.type.width = forms[input.head.column].width;
	}
	else
	{
		input.type.typid = NUMERICOID;
		input.type.phys = RS_PHYS_VARLEN;
		input.type.is_numeric = true;
	}
	if (input.head.settle & 1)
		settle(&input.head);
	outcome = stub_run(decode, &input);
	stub_free_all();
	/* Only a codec's raw size can ask for so much before bytes prove it. */
	if (outcome == STUB_ERROR ||
		(outcome == STUB_NO_MEMORY && input.head.form.codec == RS_CODEC_NONE))
		abort();
	return 0;
}
