/*
 * group_form.h
 *	  Gathered rows as a row group.
 */
#ifndef RS_GROUP_FORM_H
#define RS_GROUP_FORM_H

#include "storage/column_set.h"
#include "storage/row_group.h"
#include "utils/relcache.h"

/*
 * Encode rows in this order (NULL: as they came) as the group whose ids `group` has, and fill in
 * the rest of it but its place.  true: `stream` is to be put into pages; false: the rows are in
 * the directory row.  Leaves scratch in the current context.
 */
extern bool rs_group_form(Relation rel, const RsColumnSet *rows, const uint32 *order, RsRowGroup *group,
						  RsGroupStream *stream);

/*
 * Give a formed group its ids and, if it has any (in_pages), pages, and put it into the directory:
 * rows that this command has inserted.  The caller writes the pages.
 */
extern void rs_group_add(Relation rel, RsRowGroup *group, bool in_pages);

#endif							/* RS_GROUP_FORM_H */
