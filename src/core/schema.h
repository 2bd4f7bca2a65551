/*
 * schema.h
 *	  The schema of the extension.
 */
#ifndef RS_CORE_SCHEMA_H
#define RS_CORE_SCHEMA_H

extern Oid	rs_extension_schema(void);
extern void rs_schema_init(void);

#endif							/* RS_CORE_SCHEMA_H */
