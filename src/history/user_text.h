/*
 * user_text.h
 *	  Texts of statements as their users wrote them.
 */
#ifndef RS_HISTORY_USER_TEXT_H
#define RS_HISTORY_USER_TEXT_H

/*
 * The text of the statement that is said to be at a location of a source (as PlannedStmt has
 * it), and its length.  In the current context, or in the source.
 */
extern const char *rs_user_statement(const char *source, int location, int *length);

/* The same of a whole source, of which nothing is known. */
extern const char *rs_user_text(const char *source, int *length);

extern void rs_user_text_init(void);

#endif							/* RS_HISTORY_USER_TEXT_H */
