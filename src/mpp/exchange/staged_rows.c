/*
 * staged_rows.c
 *	  On a compute node: rows that the leader has sent for a later fragment to read.
 *
 * COPY redshift.staged_rows FROM STDIN (FORMAT redshift_batch, STAGE 'name', TYPES
 * '{int4,text}') keeps rows under a name, and redshift.staged('name') AS (...) gives
 * them.  They belong to the session, whose connection the leader alone has, and to the
 * user as whom it works, and are kept until the leader closes them or the transaction
 * ends: nothing else sees them, no catalog is written, and the transaction can be
 * prepared.  What work_mem does not hold goes to a temporary file.
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "core/fault.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/exchange/staged_rows.h"
#include "mpp/wire/fragment_copy.h"
#include "mpp/wire/wire.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

typedef struct Staged
{
	char	   *name;
	Oid			userid;			/* whose they are, see acting.c */
	TupleDesc	desc;
	Tuplestorestate *rows;		/* its files belong to the transaction */
} Staged;

typedef struct Filling
{
	Staged	   *staged;
	RsVectorType *types;
	Datum	   *values;
	bool	   *nulls;
	MemoryContext row;
	uint64		count;
} Filling;

static List *all_staged = NIL;	/* Staged *, in TopTransactionContext */

PG_FUNCTION_INFO_V1(rs_staged);
PG_FUNCTION_INFO_V1(rs_close_staged);

static Staged *
find(const char *name)
{
	ListCell   *lc;

	foreach(lc, all_staged)
	{
		Staged	   *staged = lfirst(lc);

		if (strcmp(staged->name, name) == 0 && staged->userid == GetUserId())
			return staged;
	}
	return NULL;
}

static void
close_staged(Staged *staged)
{
	all_staged = list_delete_ptr(all_staged, staged);
	tuplestore_end(staged->rows);
	FreeTupleDesc(staged->desc);
	pfree(staged->name);
	pfree(staged);
}

/* ---------------------------------------------------------------------
 * Filling
 * ---------------------------------------------------------------------
 */

static TupleDesc
make_desc(const char *types)
{
	Datum		array = OidInputFunctionCall(F_ARRAY_IN, unconstify(char *, types), REGTYPEOID, -1);
	TupleDesc	desc;
	Datum	   *oids;
	bool	   *nulls;
	int			n;
	int			i;

	deconstruct_array(DatumGetArrayTypeP(array), REGTYPEOID, sizeof(Oid), true, TYPALIGN_INT, &oids, &nulls, &n);
	desc = CreateTemplateTupleDesc(n);
	for (i = 0; i < n; i++)
	{
		if (nulls[i] || !get_typisdefined(DatumGetObjectId(oids[i])) ||
			get_typtype(DatumGetObjectId(oids[i])) == TYPTYPE_PSEUDO)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("column %d of staged rows has no usable type", i + 1)));
		TupleDescInitEntry(desc, i + 1, psprintf("c%d", i + 1), DatumGetObjectId(oids[i]), -1, 0);
	}
	return desc;
}

static void
keep_batch(void *arg, const RsVector **vectors, uint32 n)
{
	Filling    *filling = arg;
	TupleDesc	desc = filling->staged->desc;
	uint32		row;

	RS_FAULT_POINT("staged_keep");
	for (row = 0; row < n; row++)
	{
		rs_vectors_row(vectors, filling->types, desc->natts, row, filling->row, filling->values, filling->nulls);
		tuplestore_putvalues(filling->staged->rows, desc, filling->values, filling->nulls);
		MemoryContextReset(filling->row);
	}
	filling->count += n;
}

uint64
rs_stage_rows(const char *name, const char *types, StringInfo rows)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	ResourceOwner owner = CurrentResourceOwner;
	Staged	   *staged = find(name);
	Filling		filling = {.staged = staged};
	Oid		   *oids;
	int			i;

	if (staged == NULL)
	{
		filling.staged = staged = palloc0(sizeof(Staged));
		staged->desc = make_desc(types);
		staged->name = pstrdup(name);
		staged->userid = GetUserId();
		CurrentResourceOwner = TopTransactionResourceOwner;
		staged->rows = tuplestore_begin_heap(true, false, work_mem);
		CurrentResourceOwner = owner;
		all_staged = lappend(all_staged, staged);
	}
	else if (!equalTupleDescs(staged->desc, make_desc(types)))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("staged rows \"%s\" are of other types", name)));
	MemoryContextSwitchTo(caller);

	oids = palloc((staged->desc->natts + 1) * sizeof(Oid));
	filling.types = palloc((staged->desc->natts + 1) * sizeof(RsVectorType));
	filling.values = palloc((staged->desc->natts + 1) * sizeof(Datum));
	filling.nulls = palloc((staged->desc->natts + 1) * sizeof(bool));
	for (i = 0; i < staged->desc->natts; i++)
	{
		oids[i] = TupleDescAttr(staged->desc, i)->atttypid;
		rs_vector_type_init(&filling.types[i], oids[i]);
	}
	filling.row = AllocSetContextCreate(CurrentMemoryContext, "staged row", ALLOCSET_DEFAULT_SIZES);
	rs_copy_in_batches(rows, oids, staged->desc->natts, keep_batch, &filling);
	return filling.count;
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

static Staged *
find_or_fail(const char *name)
{
	Staged	   *staged = find(name);

	if (staged == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there are no staged rows \"%s\" in this transaction", name)));
	return staged;
}

char *
rs_staged_text(const char *name)
{
	Staged	   *staged = find_or_fail(name);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(staged->desc, &TTSOpsMinimalTuple);
	char	   *result = NULL;

	tuplestore_select_read_pointer(staged->rows, tuplestore_alloc_read_pointer(staged->rows, EXEC_FLAG_REWIND));
	tuplestore_rescan(staged->rows);
	if (staged->desc->natts == 1 && TupleDescAttr(staged->desc, 0)->atttypid == TEXTOID &&
		tuplestore_gettupleslot(staged->rows, true, false, slot))
	{
		bool		isnull;
		Datum		value = slot_getattr(slot, 1, &isnull);

		if (!isnull)
			result = TextDatumGetCString(value);
	}
	ExecDropSingleTupleTableSlot(slot);
	if (result == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("staged rows \"%s\" are no text", name)));
	return result;
}

/*
 * staged(name): the rows, as columns that the query declares.
 */
Datum
rs_staged(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Staged	   *staged = find_or_fail(name);
	TupleTableSlot *slot;
	int			reader;
	int			i;

	RS_FAULT_POINT("staged_read");
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (rsinfo->setDesc->natts != staged->desc->natts)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("staged rows \"%s\" have %d columns, not %d", name, staged->desc->natts,
						rsinfo->setDesc->natts)));
	for (i = 0; i < staged->desc->natts; i++)
		if (TupleDescAttr(rsinfo->setDesc, i)->atttypid != TupleDescAttr(staged->desc, i)->atttypid)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column %d of staged rows \"%s\" is of type %s", i + 1, name,
							format_type_be(TupleDescAttr(staged->desc, i)->atttypid))));

	/* Several readers may be at it: each has its own place. */
	reader = tuplestore_alloc_read_pointer(staged->rows, EXEC_FLAG_REWIND);
	tuplestore_select_read_pointer(staged->rows, reader);
	tuplestore_rescan(staged->rows);
	slot = MakeSingleTupleTableSlot(staged->desc, &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(staged->rows, true, false, slot))
	{
		CHECK_FOR_INTERRUPTS();
		tuplestore_puttupleslot(rsinfo->setResult, slot);
	}
	ExecDropSingleTupleTableSlot(slot);
	PG_RETURN_NULL();
}

/*
 * close_staged(names): the leader needs these no more.
 */
Datum
rs_close_staged(PG_FUNCTION_ARGS)
{
	Datum	   *names;
	bool	   *nulls;
	int			n;
	int			i;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &n);
	for (i = 0; i < n; i++)
	{
		Staged	   *staged = nulls[i] ? NULL : find(TextDatumGetCString(names[i]));

		if (staged != NULL)
			close_staged(staged);
	}
	PG_RETURN_VOID();
}

static void
transaction_ends(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
		while (all_staged != NIL)
			close_staged(linitial(all_staged));

	/* After an error the transaction's owner closes the files, and its context frees the rest. */
	if (event == XACT_EVENT_ABORT)
		all_staged = NIL;
}

void
rs_staged_rows_init(void)
{
	RegisterXactCallback(transaction_ends, NULL);
}
