/*
 * wire_type.h
 *	  How values of a type travel.
 */
#ifndef RS_WIRE_TYPE_H
#define RS_WIRE_TYPE_H

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mpp/wire/wire_format.h"
#include "vector/vector.h"

typedef struct RsWireType
{
	RsVectorType vector;		/* of the base type */
	RsWireEncoding encoding;	/* of numerics: of those that are no integers */
	uint32		id;				/* RsWireColumn.typid */
	bool		is_text;		/* its bytes are characters */
	/* BINARY and TEXT: send or output function, or receive or input function */
	FmgrInfo	function;
	Oid			parameter;
} RsWireType;

extern void rs_wire_type_init(RsWireType *type, Oid typid, bool receive);

/* Are values of a type OIDs of objects, which travel as their names? */
extern bool rs_wire_type_names_objects(Oid type);

/* Values by output functions in a form that does not depend on the session's settings. */
extern int	rs_wire_settings_begin(void);
extern void rs_wire_settings_end(int level);

/* An error unless a value that came as FIXED is one of the type. */
extern void rs_wire_check_value(const RsWireType *type, const void *value);

#endif							/* RS_WIRE_TYPE_H */
