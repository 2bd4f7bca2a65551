/*
 * statement.h
 *	  The functions that translate statements, by family.
 */
#ifndef RS_STATEMENT_H
#define RS_STATEMENT_H

#include "dialect/translator.h"

/* Translate the statement of tokens [first, end); see translator.h. */
typedef void (*RsStatement) (RsTranslator *translator, RsText *out, int first, int end);

#endif							/* RS_STATEMENT_H */
