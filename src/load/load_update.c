/*
 * load_update.c
 *	  What COPY does for a table beside loading: encodings before the first load, statistics after it.
 *
 * Both are statements of their own, so that they mean what they mean everywhere; in a cluster,
 * on the nodes too.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "load/load.h"
#include "miscadmin.h"
#include "storage/options.h"
#include "storage/tableam.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static const char *
name_of(Relation rel)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel));
}

static void
run(const char *sql)
{
	SPI_connect();
	SPI_exec(sql, 0);
	SPI_finish();
}

static bool
is_empty(Relation rel)
{
	bool		empty;

	SPI_connect();
	SPI_exec(psprintf("SELECT FROM %s LIMIT 1", name_of(rel)), 1);
	empty = SPI_processed == 0;
	SPI_finish();
	return empty;
}

static bool
is_owner(Relation rel)
{
	return pg_class_ownercheck(RelationGetRelid(rel), GetUserId());
}

/*
 * "column encoding, ..." by the columns' types.
 */
static char *
preset_encodings(Relation rel)
{
	RsTableOptions *options = rs_options_get(rel);
	StringInfoData list;
	int			i;
	int			key;

	initStringInfo(&list);
	for (i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i);
		RsColumnType type;
		RsEncodingId encoding;
		bool		in_sortkey = false;

		if (att->attisdropped)
			continue;
		for (key = 0; key < options->nsortkeys; key++)
			in_sortkey |= options->sortkeys[key] == att->attnum;
		rs_column_type_init(&type, att->atttypid, att->atttypmod, att->attcollation);
		encoding = rs_encoding_default(&type, in_sortkey);
		if (encoding != RS_ENC_AUTO)
			appendStringInfo(&list, "%s%s %s", list.len > 0 ? ", " : "", quote_identifier(NameStr(att->attname)),
							 rs_encoding_name(encoding));
	}
	return list.data;
}

Relation
rs_load_choose_encodings(Relation rel, const RsCopyOptions *options)
{
	Oid			relid = RelationGetRelid(rel);
	char	   *sql;

	if ((options->comp_update != RS_COMPUPDATE_PRESET && options->comp_update != RS_COMPUPDATE_ON) ||
		options->no_load || rel->rd_rel->relkind != RELKIND_RELATION || !rs_is_redshift_relation(rel))
		return rel;
	if (!is_owner(rel))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, RelationGetRelationName(rel));
	if (!is_empty(rel))
		return rel;
	sql = options->comp_update == RS_COMPUPDATE_ON ? psprintf("ALTER TABLE %s RESET (encode)", name_of(rel)) :
		psprintf("ALTER TABLE %s SET (encode = %s)", name_of(rel), quote_literal_cstr(preset_encodings(rel)));

	/* ALTER TABLE wants it for itself; its lock stays. */
	table_close(rel, NoLock);
	run(sql);
	return table_open(relid, NoLock);
}

bool
rs_load_wants_statistics(Relation rel, const RsCopyOptions *options)
{
	char		kind = rel->rd_rel->relkind;

	if (options->no_load || options->stat_update == RS_STATUPDATE_OFF ||
		(kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE))
		return false;
	if (options->stat_update == RS_STATUPDATE_ON)
	{
		if (!is_owner(rel))
			aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, RelationGetRelationName(rel));
		return true;
	}
	return is_owner(rel) && is_empty(rel);
}

/*
 * Its lock stays until the transaction ends.  Nobody who has not asked for statistics shall
 * wait for it, since two transactions could wait for each other then.
 */
void
rs_load_analyze(Relation rel, const RsCopyOptions *options)
{
	run(psprintf("ANALYZE%s %s", options->stat_update == RS_STATUPDATE_ON ? "" : " (SKIP_LOCKED)", name_of(rel)));
}
