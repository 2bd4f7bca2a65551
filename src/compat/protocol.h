/*
 * protocol.h
 *	  The server's side of the frontend/backend protocol.
 *
 * PostgreSQL's header wants those of GSSAPI where the server was built with it, for a
 * part of struct Port that is of no use here, and which most systems lack.
 */
#ifndef RS_PROTOCOL_H
#define RS_PROTOCOL_H

#undef ENABLE_GSS

#include "libpq/libpq.h"
#include "libpq/pqformat.h"

#endif							/* RS_PROTOCOL_H */
