/*
 * secrets.h
 *	  Keeping keys that statements have out of what others see of statements.
 */
#ifndef RS_SECRETS_H
#define RS_SECRETS_H

#include "nodes/plannodes.h"

/* Put asterisks in place of secrets; has that changed anything? */
extern bool rs_secrets_mask(char *text);

/* The same in place of what follows PASSWORD, in statements that are no queries. */
extern void rs_secrets_mask_passwords(char *text);

/* Hide those of what is running in pg_stat_activity and in what is logged of it. */
extern void rs_secrets_hide(void);

/* The same for a utility statement; the part of its text that has secrets, or nothing. */
typedef struct RsSecretText
{
	const char *start;
	const char *end;
} RsSecretText;

extern RsSecretText rs_secrets_hide_utility(const PlannedStmt *statement, const char *query);

/*
 * Overwrite the text when the statement has run, before others see it.  It must be a client's:
 * that is in the buffer of its message, or in a copy that was made of it, and not parsed again.
 */
extern void rs_secrets_overwrite(RsSecretText text);

/* For the start of the library. */
extern void rs_secrets_init(void);

#endif							/* RS_SECRETS_H */
