/*
 * wire_type.c
 *	  How values of a type travel.
 *
 * What is the same bytes in every database and simple enough to be checked goes as it
 * is in memory.  Types of PostgreSQL's own whose memory has a structure go through
 * their send and receive functions, of which the latter check everything.  The rest
 * goes as text: types of users (enums, composites, ranges) have OIDs that differ
 * between databases, and their binary value may hold such; reg* types are OIDs of
 * objects that differ, too.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "mpp/wire/wire_type.h"
#include "utils/date.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/*
 * The encoding of a base type that is no array or range; TEXT if it is not known.
 */
static RsWireEncoding
base_encoding(Oid typid)
{
	switch (typid)
	{
		case BOOLOID:
		case CHAROID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case XIDOID:
		case XID8OID:
		case CIDOID:
		case LSNOID:
		case FLOAT4OID:
		case FLOAT8OID:
		case CASHOID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case UUIDOID:
		case INTERVALOID:
		case MACADDROID:
		case MACADDR8OID:
		case POINTOID:
		case LSEGOID:
		case BOXOID:
			return RS_WIRE_FIXED;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case BYTEAOID:
			return RS_WIRE_VARLENA;
		case NUMERICOID:
		case NAMEOID:
		case TIMETZOID:
		case TIDOID:
		case LINEOID:
		case CIRCLEOID:
		case PATHOID:
		case POLYGONOID:
		case BITOID:
		case VARBITOID:
		case INETOID:
		case CIDROID:
		case JSONOID:
		case JSONBOID:
		case JSONPATHOID:
		case XMLOID:
		case TSVECTOROID:
		case TSQUERYOID:
			return RS_WIRE_BINARY;
		default:
			return RS_WIRE_TEXT;
	}
}

static RsWireEncoding
type_encoding(Oid typid)
{
	Oid			element;

	/* What initdb did not make may have another OID elsewhere. */
	if (typid >= FirstUnpinnedObjectId)
		return RS_WIRE_TEXT;
	element = get_element_type(typid);
	if (!OidIsValid(element) && type_is_range(typid))
		element = get_range_subtype(typid);
	if (!OidIsValid(element) && type_is_multirange(typid))
		element = get_range_subtype(get_multirange_range(typid));
	if (!OidIsValid(element))
		return base_encoding(typid);
	return type_encoding(element) == RS_WIRE_TEXT ? RS_WIRE_TEXT : RS_WIRE_BINARY;
}

void
rs_wire_type_init(RsWireType *type, Oid typid, bool receive)
{
	Oid			function;
	bool		varlena;

	memset(type, 0, sizeof(RsWireType));
	rs_vector_type_init(&type->vector, typid);
	typid = type->vector.typid;
	type->encoding = type_encoding(typid);
	type->id = typid < FirstUnpinnedObjectId ? typid : 0;
	type->is_text = typid == TEXTOID || typid == VARCHAROID || typid == BPCHAROID;
	if (type->encoding == RS_WIRE_BINARY && receive)
		getTypeBinaryInputInfo(typid, &function, &type->parameter);
	else if (type->encoding == RS_WIRE_BINARY)
		getTypeBinaryOutputInfo(typid, &function, &varlena);
	else if (type->encoding == RS_WIRE_TEXT && receive)
		getTypeInputInfo(typid, &function, &type->parameter);
	else if (type->encoding == RS_WIRE_TEXT)
		getTypeOutputInfo(typid, &function, &varlena);
	else
		return;
	fmgr_info(function, &type->function);
}

int
rs_wire_settings_begin(void)
{
	static const char *const values[][2] = {
		{"datestyle", "ISO"}, {"intervalstyle", "postgres"}, {"extra_float_digits", "3"},
		{"bytea_output", "hex"}, {"lc_monetary", "C"}, {"search_path", "pg_catalog"}
	};
	int			level = NewGUCNestLevel();
	int			i;

	for (i = 0; i < lengthof(values); i++)
		(void) set_config_option(values[i][0], values[i][1], PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	return level;
}

void
rs_wire_settings_end(int level)
{
	AtEOXact_GUC(true, level);
}

void
rs_wire_check_value(const RsWireType *type, const void *value)
{
	bool		valid = true;

	switch (type->vector.typid)
	{
		case BOOLOID:
			valid = *(const uint8 *) value <= 1;
			break;
		case DATEOID:
			valid = DATE_NOT_FINITE(*(const DateADT *) value) || IS_VALID_DATE(*(const DateADT *) value);
			break;
		case TIMEOID:
			valid = *(const TimeADT *) value >= 0 && *(const TimeADT *) value <= USECS_PER_DAY;
			break;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			valid = TIMESTAMP_NOT_FINITE(*(const Timestamp *) value) ||
				IS_VALID_TIMESTAMP(*(const Timestamp *) value);
			break;
		default:
			break;
	}
	if (!valid)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("message of rows is damaged: value out of the range of its type")));
}

bool
rs_wire_type_names_objects(Oid type)
{
	switch (type)
	{
		case REGPROCOID:
		case REGPROCEDUREOID:
		case REGOPEROID:
		case REGOPERATOROID:
		case REGCLASSOID:
		case REGTYPEOID:
		case REGROLEOID:
		case REGNAMESPACEOID:
		case REGCONFIGOID:
		case REGDICTIONARYOID:
		case REGCOLLATIONOID:
			return true;
		default:
			return false;
	}
}
