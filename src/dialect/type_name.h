/*
 * type_name.h
 *	  Names of types.
 */
#ifndef RS_TYPE_NAME_H
#define RS_TYPE_NAME_H

#include "dialect/token.h"
#include "lib/stringinfo.h"

/*
 * The type that begins at a token: its number of tokens, 0 if none can begin there.
 */
extern int	rs_type_length(const RsToken *token);

/*
 * PostgreSQL's name of such a type, or NULL if it goes by the same one.  As a column's,
 * types without a length have Redshift's: VARCHAR is VARCHAR(256), DECIMAL DECIMAL(18, 0).
 * *refused: why there is no such type; else NULL.
 */
extern char *rs_type_translate(const RsToken *token, bool column, const char **refused);

#endif							/* RS_TYPE_NAME_H */
