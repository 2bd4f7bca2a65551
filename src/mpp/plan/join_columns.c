/*
 * join_columns.c
 *	  By which columns queries join distributed tables: for the choice of a distribution
 *	  key (resize/auto_distribution.sql).
 *
 * Shared memory has a count for each column that a plan equates with one of another
 * distributed table.  It is of a fixed size: when it is full all counts are halved, and
 * those that come to nothing give room.  A restart forgets them.
 */
#include "postgres.h"

#include "core/shared_area.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/cluster/table.h"
#include "mpp/plan/join_columns.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"

#define COLUMNS		2048
#define NAME		"redshift_ext join columns"

typedef struct Key
{
	Oid			database;
	Oid			relid;
	int32		attno;
} Key;

typedef struct Joined
{
	Key			key;
	uint32		queries;
} Joined;

static LWLock *lock = NULL;
static HTAB *joined = NULL;

PG_FUNCTION_INFO_V1(rs_join_columns);

/*
 * Make room.
 */
static void
halve(void)
{
	HASH_SEQ_STATUS scan;
	Joined	   *entry;

	hash_seq_init(&scan, joined);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		entry->queries /= 2;
		if (entry->queries == 0)
			hash_search(joined, &entry->key, HASH_REMOVE, NULL);
	}
}

static void
count(Oid relid, AttrNumber attno)
{
	Key			key = {MyDatabaseId, relid, attno};
	bool		found;
	Joined	   *entry;

	if (hash_search(joined, &key, HASH_FIND, NULL) == NULL && hash_get_num_entries(joined) >= COLUMNS)
		halve();
	if (hash_get_num_entries(joined) >= COLUMNS)
		return;
	entry = hash_search(joined, &key, HASH_ENTER_NULL, &found);
	if (entry == NULL)
		return;
	if (!found)
		entry->queries = 0;
	if (entry->queries < PG_UINT32_MAX)
		entry->queries++;
}

/*
 * A column of a distributed table, NULL: it is none.
 */
static Var *
column_of(PlannerInfo *root, Node *expr)
{
	Var		   *var = (Var *) strip_implicit_coercions(expr);
	RangeTblEntry *rte;

	if (var == NULL || !IsA(var, Var) || var->varlevelsup > 0 || var->varattno <= 0 || IS_SPECIAL_VARNO(var->varno))
		return NULL;
	rte = planner_rt_fetch(var->varno, root);
	return rte->rtekind == RTE_RELATION && rs_table_is_distributed(rte->relid) ? var : NULL;
}

/*
 * Columns that are equal to one of another table.
 */
static List *
add_joined(List *columns, List *equal)
{
	ListCell   *lc;

	foreach(lc, equal)
		if (((Var *) lfirst(lc))->varno != ((Var *) linitial(equal))->varno)
			return list_concat_unique(columns, equal);
	return columns;
}

static List *
add_clauses(PlannerInfo *root, List *columns, List *clauses)
{
	ListCell   *lc;

	foreach(lc, clauses)
	{
		OpExpr	   *clause = (OpExpr *) lfirst_node(RestrictInfo, lc)->clause;
		Var		   *left;
		Var		   *right;

		if (!IsA(clause, OpExpr) || list_length(clause->args) != 2)
			continue;
		left = column_of(root, linitial(clause->args));
		right = column_of(root, lsecond(clause->args));
		if (left != NULL && right != NULL)
			columns = add_joined(columns, list_make2(left, right));
	}
	return columns;
}

void
rs_join_columns_count(PlannerInfo *root)
{
	List	   *columns = NIL;
	ListCell   *lc;

	if (joined == NULL || bms_membership(root->all_baserels) != BMS_MULTIPLE)
		return;
	foreach(lc, root->eq_classes)
	{
		EquivalenceClass *class = lfirst(lc);
		List	   *equal = NIL;
		ListCell   *cell;

		if (class->ec_merged != NULL || class->ec_has_volatile)
			continue;
		foreach(cell, class->ec_members)
		{
			EquivalenceMember *member = lfirst(cell);
			Var		   *var = member->em_is_child || member->em_is_const ? NULL : column_of(root, (Node *) member->em_expr);

			if (var != NULL)
				equal = lappend(equal, var);
		}
		columns = add_joined(columns, equal);
	}
	columns = add_clauses(root, columns, root->left_join_clauses);
	columns = add_clauses(root, columns, root->right_join_clauses);
	columns = add_clauses(root, columns, root->full_join_clauses);
	if (columns == NIL)
		return;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	foreach(lc, columns)
		count(planner_rt_fetch(((Var *) lfirst(lc))->varno, root)->relid, ((Var *) lfirst(lc))->varattno);
	LWLockRelease(lock);
}

/*
 * join_columns(): of this database.
 */
Datum
rs_join_columns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	Joined	   *entries;
	int			n = 0;
	HASH_SEQ_STATUS scan;
	Joined	   *entry;
	int			i;

	InitMaterializedSRF(fcinfo, 0);
	if (joined == NULL)
		return (Datum) 0;
	entries = palloc(COLUMNS * sizeof(Joined));
	LWLockAcquire(lock, LW_SHARED);
	hash_seq_init(&scan, joined);
	while ((entry = hash_seq_search(&scan)) != NULL)
		if (entry->key.database == MyDatabaseId && n < COLUMNS)
			entries[n++] = *entry;
	LWLockRelease(lock);
	for (i = 0; i < n; i++)
	{
		char	   *name = get_attname(entries[i].key.relid, entries[i].key.attno, true);
		NameData	column;
		Datum		values[3] = {ObjectIdGetDatum(entries[i].key.relid), NameGetDatum(&column), Int64GetDatum(entries[i].queries)};
		bool		nulls[3] = {false, false, false};

		if (name == NULL)
			continue;			/* dropped */
		namestrcpy(&column, name);
		tuplestore_putvalues(info->setResult, info->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static Size
table_size(void)
{
	return hash_estimate_size(COLUMNS, sizeof(Joined));
}

static void
attach(void)
{
	HASHCTL		control = {.keysize = sizeof(Key),.entrysize = sizeof(Joined)};

	joined = ShmemInitHash(NAME, COLUMNS, COLUMNS, &control, HASH_ELEM | HASH_BLOBS);
}

void
rs_join_columns_init(void)
{
	static const RsSharedArea area = {
		.name = NAME,
		.size_at_start = table_size,
		.attach = attach,
		.lock = &lock
	};

	rs_shared_area_add(&area);
}
