/*
 * delete_blob.h
 *	  Bytes of redshift.delete_vector: deleted positions and moved rows.
 */
#ifndef RS_DELETE_BLOB_H
#define RS_DELETE_BLOB_H

#include "storage/delete_vector.h"

typedef struct RsMovedRow
{
	uint32		pos;			/* position in the group */
	uint64		row;			/* row number of the new version */
} RsMovedRow;

extern int	rs_moved_row_compare(const void *a, const void *b);

/* One part's deleted rows of set as bytes; NULL and *ndeleted 0 if none. */
extern bytea *rs_delete_blob_form(int64 group_id, uint32 part, const RsDeleteSet *set,
								  uint32 *ndeleted);
/* Add a blob's rows to set; damage is an error. */
extern void rs_delete_blob_apply(int64 group_id, uint32 part, uint32 ndeleted,
								 const bytea *blob, RsDeleteSet *set);

/*
 * moved[*next ..] of this part as bytes, as many as one catalog row takes;
 * advances *next.  NULL if there are none.
 */
extern bytea *rs_moved_blob_form(int64 group_id, uint32 part, const RsMovedRow *moved,
								 uint32 nmoved, uint32 *next);
/* New row number of the row at pos, 0 if the blob doesn't have it. */
extern uint64 rs_moved_blob_find(int64 group_id, uint32 part, const bytea *blob, uint32 pos);

extern void rs_delete_blob_corrupt(int64 group_id) pg_attribute_noreturn();

#endif							/* RS_DELETE_BLOB_H */
