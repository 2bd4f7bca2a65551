/*
 * session.h
 *	  The translator in a backend.
 */
#ifndef RS_DIALECT_SESSION_H
#define RS_DIALECT_SESSION_H

#include "dialect/dialect.h"

/* What the session's settings say; describe: NULL. */
extern RsDialect rs_session_dialect(void);

#endif							/* RS_DIALECT_SESSION_H */
