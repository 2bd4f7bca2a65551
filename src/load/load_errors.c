/*
 * load_errors.c
 *	  Bad rows of a load.
 */
#include "postgres.h"

#include "load/load.h"
#include "mb/pg_wchar.h"
#include "utils/rel.h"

/* So much of a bad field is shown. */
#define SHOWN_BYTES		100

typedef struct LoadBadRows
{
	RsBadRows	base;
	RsLoad	   *load;
} LoadBadRows;

/*
 * A field as far as it can be shown: what is no character of the server's encoding is a full stop.
 */
static char *
shown_field(const RsRawField *field)
{
	int			size = (int) Min(field->size, SHOWN_BYTES);
	char	   *shown = pnstrdup(field->value, size);
	int			i;

	for (i = 0; i < size;)
	{
		int			length = pg_encoding_verifymbchar(GetDatabaseEncoding(), shown + i, size - i);

		if (length < 1 || (length == 1 && (uint8) shown[i] < ' '))
		{
			shown[i] = '.';
			length = 1;
		}
		i += length;
	}
	return shown;
}

static void
report_bad_row(RsBadRows *rows, const RsBadRow *bad)
{
	RsLoad	   *load = ((LoadBadRows *) rows)->load;

	ereport(ERROR,
			(errcode(bad->sqlstate != 0 ? bad->sqlstate : ERRCODE_DATA_EXCEPTION),
			 errmsg("line %lld of file \"%s\" cannot be loaded into table \"%s\"", (long long) bad->line, bad->file,
					RelationGetRelationName(load->rel)),
			 bad->column < 0 ? errdetail("%s.", bad->reason) :
			 bad->raw_value.value == NULL ?
			 errdetail("%s: column \"%s\".", bad->reason, load->columns[bad->column].name) :
			 errdetail("%s: column \"%s\", value \"%s\".", bad->reason, load->columns[bad->column].name,
					   shown_field(&bad->raw_value))));
}

static void
pass_replaced_row(RsBadRows *rows, const RsBadRow *row)
{
}

RsBadRows *
rs_load_bad_rows(RsLoad *load)
{
	LoadBadRows *rows = palloc0(sizeof(LoadBadRows));

	rows->base.report = report_bad_row;
	rows->base.replaced = pass_replaced_row;
	rows->load = load;
	return &rows->base;
}
