/*
 * index_rows.c
 *	  Index entries for rows that are stored anew, as they were: by compaction, and from
 *	  another compute node.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/index.h"
#include "executor/executor.h"
#include "storage/index_rows.h"
#include "utils/rel.h"

struct RsIndexRows
{
	Relation	rel;
	int			n;
	Relation   *indexes;
	IndexInfo **infos;
	ExprState **predicates;
	EState	   *estate;
};

RsIndexRows *
rs_index_rows_open(Relation rel, List *but_files)
{
	RsIndexRows *rows = palloc0(sizeof(RsIndexRows));
	List	   *oids = RelationGetIndexList(rel);
	ListCell   *lc;

	rows->rel = rel;
	rows->estate = CreateExecutorState();
	rows->indexes = palloc(Max(list_length(oids), 1) * sizeof(Relation));
	rows->infos = palloc(Max(list_length(oids), 1) * sizeof(IndexInfo *));
	rows->predicates = palloc(Max(list_length(oids), 1) * sizeof(ExprState *));
	foreach(lc, oids)
	{
		Relation	index = index_open(lfirst_oid(lc), RowExclusiveLock);
		IndexInfo  *info = BuildIndexInfo(index);

		if (!info->ii_ReadyForInserts || list_member_oid(but_files, index->rd_node.relNode))
		{
			index_close(index, RowExclusiveLock);
			continue;
		}
		rows->indexes[rows->n] = index;
		rows->infos[rows->n] = info;
		rows->predicates[rows->n++] = ExecPrepareQual(info->ii_Predicate, rows->estate);
	}
	list_free(oids);
	return rows;
}

int
rs_index_rows_count(const RsIndexRows *rows)
{
	return rows->n;
}

List *
rs_index_rows_files(const RsIndexRows *rows)
{
	List	   *files = NIL;
	int			i;

	for (i = 0; i < rows->n; i++)
		files = lappend_oid(files, rows->indexes[i]->rd_node.relNode);
	return files;
}

void
rs_index_rows_put(RsIndexRows *rows, TupleTableSlot *slot, ItemPointer tid)
{
	ExprContext *econtext = GetPerTupleExprContext(rows->estate);
	Datum		values[INDEX_MAX_KEYS];
	bool		isnull[INDEX_MAX_KEYS];
	int			i;

	econtext->ecxt_scantuple = slot;
	for (i = 0; i < rows->n; i++)
	{
		if (rows->predicates[i] != NULL && !ExecQual(rows->predicates[i], econtext))
			continue;
		FormIndexDatum(rows->infos[i], slot, rows->estate, values, isnull);
		index_insert(rows->indexes[i], values, isnull, tid, rows->rel, UNIQUE_CHECK_NO, false, rows->infos[i]);
	}
	ResetExprContext(econtext);
}

void
rs_index_rows_close(RsIndexRows *rows)
{
	while (rows->n > 0)
		index_close(rows->indexes[--rows->n], NoLock);
	FreeExecutorState(rows->estate);
}
