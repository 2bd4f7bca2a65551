/*
 * secrets.h
 *	  Keeping keys that statements have out of what others see of statements.
 */
#ifndef RS_SECRETS_H
#define RS_SECRETS_H

/* Put asterisks in place of secrets; has that changed anything? */
extern bool rs_secrets_mask(char *text);

/*
 * What runs may have secrets: hide them in pg_stat_activity and in what is logged of the
 * statement.  query: that the client has sent, which is overwritten, or NULL.
 */
extern void rs_secrets_hide(const char *query);

/* For the start of the library. */
extern void rs_secrets_init(void);

#endif							/* RS_SECRETS_H */
