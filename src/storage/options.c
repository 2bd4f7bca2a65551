/*
 * options.c
 *	  The table options diststyle, distkey, sortkey, sortstyle, encode, constraints and auto_refresh.
 *
 *		diststyle	auto, even, key or all
 *		distkey		a column
 *		sortkey		columns, separated by commas
 *		sortstyle	compound or interleaved
 *		encode		auto, or pairs `column encoding` separated by commas
 *		auto_refresh	of a materialized view: yes or no
 *		constraints	informational constraints, as CREATE TABLE has them (constraints.h)
 *
 * Columns are written as SQL identifiers: folded to lower case unless quoted.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "parser/scansup.h"
#include "storage/constraints.h"
#include "storage/options.h"
#include "storage/slicing.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

static const char *const dist_styles[] = {"auto", "even", "key", "all"};
static const char *const automatic_styles[] = {"auto", "auto(even)", "auto(key)", "auto(all)"};
static const char *const sort_styles[] = {"compound", "interleaved"};

bool
rs_option_is_ours(const char *name)
{
	return strcmp(name, "diststyle") == 0 || strcmp(name, "distkey") == 0 ||
		strcmp(name, "sortkey") == 0 || strcmp(name, "sortstyle") == 0 ||
		strcmp(name, "encode") == 0 || strcmp(name, RS_CONSTRAINTS_OPTION) == 0 ||
		strcmp(name, "auto_refresh") == 0;
}

static void
invalid_value(const char *option, const char *value, const char *allowed)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"%s\": \"%s\"", option, value),
			 errdetail("Valid values are %s.", allowed)));
}

/*
 * Is it one of those that diststyle auto has become?
 */
static bool
parse_automatic(const char *value, RsTableOptions *options)
{
	int			i;

	for (i = RS_DIST_EVEN; i < lengthof(automatic_styles); i++)
		if (pg_strcasecmp(value, automatic_styles[i]) == 0)
		{
			options->diststyle = (RsDistStyle) i;
			options->automatic = true;
			return true;
		}
	return false;
}

static int
parse_choice(const char *option, const char *value, const char *const *choices, int n,
			 const char *allowed)
{
	int			i;

	for (i = 0; i < n; i++)
		if (pg_strcasecmp(value, choices[i]) == 0)
			return i;
	invalid_value(option, value, allowed);
	return 0;
}

/*
 * Take an identifier off the front of *p, NULL if there is none.
 */
static char *
take_identifier(const char **p)
{
	StringInfoData name;

	while (scanner_isspace(**p))
		(*p)++;
	initStringInfo(&name);
	if (**p == '"')
	{
		for ((*p)++; **p != '\0'; (*p)++)
		{
			if (**p == '"' && *++(*p) != '"')
				return name.len > 0 ? name.data : NULL;
			appendStringInfoChar(&name, **p);
		}
		return NULL;
	}
	while (**p != '\0' && **p != ',' && **p != '"' && !scanner_isspace(**p))
		appendStringInfoChar(&name, *(*p)++);
	if (name.len == 0)
		return NULL;
	return downcase_truncate_identifier(name.data, name.len, false);
}

/*
 * Go past a comma: true; at the end: false; anything else is an error.
 */
static bool
next_item(const char **p, const char *option, const char *value)
{
	while (scanner_isspace(**p))
		(*p)++;
	if (**p == '\0')
		return false;
	if (**p != ',')
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("invalid list syntax in option \"%s\": \"%s\"", option, value),
				 errhint("Separate the columns with commas, and quote names that need it.")));
	(*p)++;
	return true;
}

static AttrNumber
find_column(Relation rel, const char *name, const char *option, bool strict)
{
	TupleDesc	desc = RelationGetDescr(rel);
	int			i;

	for (i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped &&
			strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return (AttrNumber) (i + 1);
	if (strict)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" named in option \"%s\" does not exist", name, option)));
	return InvalidAttrNumber;
}

static void
missing_identifier(const char *option, const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("invalid list syntax in option \"%s\": \"%s\"", option, value),
			 errdetail("A column name is missing.")));
}

static void
parse_sortkey(Relation rel, const char *value, bool strict, RsTableOptions *options)
{
	const char *p = value;

	options->sortkeys = palloc(RS_MAX_SORTKEYS * sizeof(AttrNumber));
	options->nsortkeys = 0;
	do
	{
		char	   *name = take_identifier(&p);
		AttrNumber	attno;
		int			i;

		if (name == NULL)
			missing_identifier("sortkey", value);
		attno = find_column(rel, name, "sortkey", strict);
		if (attno == InvalidAttrNumber)
			continue;
		for (i = 0; i < options->nsortkeys; i++)
			if (options->sortkeys[i] == attno)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" appears twice in option \"sortkey\"", name)));
		if (options->nsortkeys == RS_MAX_SORTKEYS)
			ereport(ERROR,
					(errcode(ERRCODE_TOO_MANY_COLUMNS),
					 errmsg("a sort key cannot have more than %d columns", RS_MAX_SORTKEYS)));
		options->sortkeys[options->nsortkeys++] = attno;
	} while (next_item(&p, "sortkey", value));
}

static void
parse_encode(Relation rel, const char *value, bool strict, RsTableOptions *options)
{
	const char *p = value;

	if (pg_strcasecmp(value, "auto") == 0)
		return;
	do
	{
		char	   *name = take_identifier(&p);
		char	   *encoding;
		AttrNumber	attno;
		RsEncodingId id;
		RsColumnType type;
		Form_pg_attribute att;

		if (name == NULL)
			missing_identifier("encode", value);
		encoding = take_identifier(&p);
		if (encoding == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("option \"encode\" names no encoding for column \"%s\"", name),
					 errhint("Write pairs of column and encoding: encode='a az64, b zstd'.")));
		attno = find_column(rel, name, "encode", strict);
		if (attno == InvalidAttrNumber)
			continue;
		att = TupleDescAttr(RelationGetDescr(rel), attno - 1);
		rs_column_type_init(&type, att->atttypid, att->atttypmod, att->attcollation);
		id = rs_encoding_by_name(encoding);
		if ((int) id < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("encoding \"%s\" of column \"%s\" does not exist", encoding, name),
					 errdetail("Column \"%s\" of type %s accepts %s.", name,
							   format_type_be(att->atttypid), rs_encoding_list_for_type(&type))));
		if (strict && !rs_encoding_accepts_type(id, &type))
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("encoding \"%s\" is not supported for column \"%s\" of type %s",
							encoding, name, format_type_be(att->atttypid)),
					 errdetail("Columns of this type accept %s.", rs_encoding_list_for_type(&type))));
		if (strict && options->encodings[attno - 1] != RS_ENC_AUTO)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" appears twice in option \"encode\"", name)));
		if (rs_encoding_accepts_type(id, &type))
			options->encodings[attno - 1] = id;
	} while (next_item(&p, "encode", value));
}

static void
check_sortable(Relation rel, AttrNumber attno)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), attno - 1);
	TypeCacheEntry *cache = lookup_type_cache(att->atttypid, TYPECACHE_LT_OPR | TYPECACHE_CMP_PROC);

	if (!OidIsValid(cache->lt_opr) || !OidIsValid(cache->cmp_proc) ||
		att->atttypid == JSONBOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of type %s cannot be a sort key", NameStr(att->attname),
						format_type_be(att->atttypid)),
				 errdetail("Sort keys need a type with a default btree operator class.")));
}

static void
check_hashable(Relation rel, AttrNumber attno)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), attno - 1);
	TypeCacheEntry *cache = lookup_type_cache(att->atttypid, TYPECACHE_HASH_PROC);

	if (!OidIsValid(cache->hash_proc))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of type %s cannot be a distribution key",
						NameStr(att->attname), format_type_be(att->atttypid)),
				 errdetail("Distribution keys need a type with a default hash operator class.")));
	if (rs_slicing_possible != NULL && !rs_slicing_possible(att->atttypid))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of type %s cannot be a distribution key",
						NameStr(att->attname), format_type_be(att->atttypid)),
				 errdetail("Its values have other hashes on other servers, or no extended hash function.")));
}

/*
 * What must hold among the options as a whole.
 */
static void
check_options(Relation rel, const RsTableOptions *options, bool diststyle_given,
			  bool sortstyle_given)
{
	int			i;

	if (options->distkey != 0)
	{
		check_hashable(rel, options->distkey);
		if (diststyle_given && options->diststyle != RS_DIST_KEY)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"distkey\" cannot be used with diststyle %s",
							dist_styles[options->diststyle]),
					 errhint("Use diststyle key, or leave out one of the two.")));
	}
	else if (diststyle_given && options->diststyle == RS_DIST_KEY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("diststyle key needs option \"distkey\"")));
	for (i = 0; i < options->nsortkeys; i++)
		check_sortable(rel, options->sortkeys[i]);
	if (options->sortstyle == RS_SORT_INTERLEAVED && options->nsortkeys > RS_MAX_INTERLEAVED_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("an interleaved sort key cannot have more than %d columns",
						RS_MAX_INTERLEAVED_KEYS)));
	if (sortstyle_given && options->sortstyle == RS_SORT_INTERLEAVED && options->nsortkeys == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sortstyle interleaved needs option \"sortkey\"")));
}

/*
 * An option's value.  A column name in double quotes instead of a string comes
 * from the grammar as a type's name without them; they are put back.
 */
static char *
option_value(DefElem *def)
{
	TypeName   *name = (TypeName *) def->arg;

	if (name != NULL && IsA(name, TypeName) && list_length(name->names) == 1 &&
		name->typmods == NIL && name->arrayBounds == NIL &&
		(strcmp(def->defname, "distkey") == 0 || strcmp(def->defname, "sortkey") == 0))
		return pstrdup(quote_identifier(strVal(linitial(name->names))));
	return defGetString(def);
}

/*
 * PostgreSQL takes the last of several values of one option in some statements and
 * refuses them in others; nobody means to write two.
 */
static void
check_duplicates(List *defs)
{
	ListCell   *lc;
	ListCell   *other;

	foreach(lc, defs)
		for_each_cell(other, defs, lnext(defs, lc))
			if (strcmp(lfirst_node(DefElem, lc)->defname,
					   lfirst_node(DefElem, other)->defname) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("option \"%s\" is specified more than once",
								lfirst_node(DefElem, lc)->defname)));
}

/*
 * Informational constraints, completed with names.
 */
static char *
checked_constraints(Relation rel, const char *text)
{
	List	   *constraints = rs_constraints_parse(text);

	rs_constraints_complete(rel, constraints);
	return rs_constraints_unparse(constraints);
}

static bool
parse_auto_refresh(Relation rel, const char *value, bool strict)
{
	bool		on = false;

	if (strict && rel->rd_rel->relkind != RELKIND_MATVIEW)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("option \"auto_refresh\" is for materialized views"),
				 errdetail("\"%s\" is none.", RelationGetRelationName(rel))));
	if (!parse_bool(value, &on))
		invalid_value("auto_refresh", value, "yes and no");
	return on;
}

RsTableOptions *
rs_options_parse(Relation rel, List *defs, bool strict)
{
	RsTableOptions *options = palloc0(sizeof(RsTableOptions));
	bool		diststyle_given = false;
	bool		sortstyle_given = false;
	ListCell   *lc;

	options->encodings = palloc0(Max(RelationGetDescr(rel)->natts, 1) * sizeof(RsEncodingId));
	if (strict)
		check_duplicates(defs);
	foreach(lc, defs)
	{
		DefElem    *def = lfirst_node(DefElem, lc);
		char	   *value = option_value(def);

		if (strcmp(def->defname, "diststyle") == 0)
		{
			if (!parse_automatic(value, options))
				options->diststyle = parse_choice("diststyle", value, dist_styles, lengthof(dist_styles),
												  "auto, even, key and all");
			diststyle_given = true;
		}
		else if (strcmp(def->defname, "sortstyle") == 0)
		{
			options->sortstyle = parse_choice("sortstyle", value, sort_styles, lengthof(sort_styles),
											  "compound and interleaved");
			sortstyle_given = true;
		}
		else if (strcmp(def->defname, "distkey") == 0)
		{
			const char *p = value;
			char	   *name = take_identifier(&p);

			if (name == NULL)
				missing_identifier("distkey", value);
			if (next_item(&p, "distkey", value))
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("a distribution key has one column only")));
			options->distkey = find_column(rel, name, "distkey", strict);
		}
		else if (strcmp(def->defname, "sortkey") == 0)
			parse_sortkey(rel, value, strict, options);
		else if (strcmp(def->defname, "encode") == 0)
			parse_encode(rel, value, strict, options);
		else if (strcmp(def->defname, "auto_refresh") == 0)
			options->auto_refresh = parse_auto_refresh(rel, value, strict);
		else if (strcmp(def->defname, RS_CONSTRAINTS_OPTION) == 0)
			options->constraints = strict ? checked_constraints(rel, value) : value;
	}
	if (strict)
		check_options(rel, options, diststyle_given, sortstyle_given);
	if (options->distkey != 0)
		options->diststyle = RS_DIST_KEY;
	return options;
}

/*
 * Is there another item behind a comma?
 */
static bool
another_item(const char **p)
{
	while (scanner_isspace(**p))
		(*p)++;
	return *(*p)++ == ',';
}

static void
read_sortkey_names(const char *p, RsNamedOptions *options)
{
	char	   *name;

	while ((name = take_identifier(&p)) != NULL)
	{
		options->sortkeys = lappend(options->sortkeys, name);
		if (!another_item(&p))
			break;
	}
}

static void
read_encoded_names(const char *p, RsNamedOptions *options)
{
	char	   *name;
	char	   *encoding;

	if (pg_strcasecmp(p, "auto") == 0)
		return;
	while ((name = take_identifier(&p)) != NULL && (encoding = take_identifier(&p)) != NULL)
	{
		RsEncodingId id = rs_encoding_by_name(encoding);

		if (rs_encoding_get(id) != NULL)
		{
			options->encoded = lappend(options->encoded, name);
			options->encodings = lappend_int(options->encodings, (int) id);
		}
		if (!another_item(&p))
			break;
	}
}

static void
read_diststyle(const char *value, RsNamedOptions *options)
{
	int			i;

	for (i = RS_DIST_AUTO; i <= RS_DIST_ALL; i++)
		if (pg_strcasecmp(value, dist_styles[i]) == 0 || pg_strcasecmp(value, automatic_styles[i]) == 0)
		{
			options->diststyle = (RsDistStyle) i;
			options->automatic = i != RS_DIST_AUTO && pg_strcasecmp(value, automatic_styles[i]) == 0;
		}
}

RsNamedOptions *
rs_options_parse_names(List *defs)
{
	RsNamedOptions *options = palloc0(sizeof(RsNamedOptions));
	ListCell   *lc;

	foreach(lc, defs)
	{
		DefElem    *def = lfirst_node(DefElem, lc);
		const char *value = def->arg != NULL ? defGetString(def) : "";

		if (strcmp(def->defname, "diststyle") == 0)
			read_diststyle(value, options);
		else if (strcmp(def->defname, "sortstyle") == 0)
			options->sortstyle = pg_strcasecmp(value, sort_styles[RS_SORT_INTERLEAVED]) == 0 ? RS_SORT_INTERLEAVED : RS_SORT_COMPOUND;
		else if (strcmp(def->defname, "distkey") == 0)
			options->distkey = take_identifier(&value);
		else if (strcmp(def->defname, "sortkey") == 0)
			read_sortkey_names(value, options);
		else if (strcmp(def->defname, "encode") == 0)
			read_encoded_names(value, options);
	}
	if (options->distkey != NULL)
		options->diststyle = RS_DIST_KEY;
	return options;
}

static DefElem *
make_option(const char *name, char *value)
{
	return makeDefElem(pstrdup(name), (Node *) makeString(value), -1);
}

static const char *
column_name(Relation rel, AttrNumber attno)
{
	return quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(rel), attno - 1)->attname));
}

List *
rs_options_unparse(Relation rel, const RsTableOptions *options)
{
	List	   *defs = NIL;
	StringInfoData text;
	int			i;

	if (options->diststyle != RS_DIST_AUTO)
		defs = lappend(defs, make_option("diststyle", pstrdup((options->automatic ? automatic_styles : dist_styles)[options->diststyle])));
	if (options->distkey != 0)
		defs = lappend(defs, make_option("distkey", pstrdup(column_name(rel, options->distkey))));
	if (options->nsortkeys > 0)
	{
		initStringInfo(&text);
		for (i = 0; i < options->nsortkeys; i++)
			appendStringInfo(&text, "%s%s", i > 0 ? ", " : "",
							 column_name(rel, options->sortkeys[i]));
		defs = lappend(defs, make_option("sortkey", text.data));
	}
	if (options->sortstyle != RS_SORT_COMPOUND)
		defs = lappend(defs, make_option("sortstyle", pstrdup(sort_styles[options->sortstyle])));
	initStringInfo(&text);
	for (i = 0; i < RelationGetDescr(rel)->natts; i++)
		if (options->encodings[i] != RS_ENC_AUTO &&
			!TupleDescAttr(RelationGetDescr(rel), i)->attisdropped)
			appendStringInfo(&text, "%s%s %s", text.len > 0 ? ", " : "",
							 column_name(rel, (AttrNumber) (i + 1)),
							 rs_encoding_name(options->encodings[i]));
	if (text.len > 0)
		defs = lappend(defs, make_option("encode", text.data));
	if (options->auto_refresh)
		defs = lappend(defs, make_option("auto_refresh", pstrdup("yes")));
	if (options->constraints != NULL)
		defs = lappend(defs, make_option(RS_CONSTRAINTS_OPTION, options->constraints));
	return defs;
}

RsTableOptions *
rs_options_get(Relation rel)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(RelationGetRelid(rel)));
	List	   *defs = NIL;
	RsTableOptions *options;
	Datum		value;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", RelationGetRelid(rel));
	value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	if (!isnull)
		defs = untransformRelOptions(value);
	options = rs_options_parse(rel, defs, false);
	ReleaseSysCache(tuple);
	return options;
}

RsEncodingId *
rs_options_encodings(Relation rel)
{
	return rs_options_get(rel)->encodings;
}
