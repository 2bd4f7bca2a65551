/*
 * dialect.h
 *	  The translator's face: Redshift's SQL in, PostgreSQL's out, with a map of positions.
 *
 * rs_translate() needs neither a catalog nor a transaction: it runs in a backend and in
 * the endpoint's process, which has no database.  What it allocates belongs to the
 * caller's memory context; reset that to free it.  Errors are raised by ereport with a
 * cursor position in the user's text, in characters of the database's encoding: a
 * process without a database calls SetDatabaseEncoding() for that first.
 */
#ifndef RS_DIALECT_H
#define RS_DIALECT_H

#include "dialect/text.h"
#include "nodes/pg_list.h"

/*
 * Names (char *) of the columns of a FROM item, which is given in PostgreSQL's SQL, with
 * its places in the text being translated, and the WITH clause ("" for none) that it stands
 * under.  *supers, if it is not NULL: of those that are SUPER.
 */
typedef List *(*RsDescribe) (void *arg, const char *with, const RsText *item, List **supers);

/* What a translation depends on besides the text. */
typedef struct RsDialect
{
	/* enable_case_sensitive_identifier: if off, "Quoted" names are folded too. */
	bool		case_sensitive_identifiers;
	/* The session's setting of that name: decides where a string ends. */
	bool		standard_conforming_strings;
	/* The database that three-part names may name; NULL: any is taken for it. */
	const char *database;
	/* Asks the catalog; NULL: translations that need to are deferred to a backend. */
	RsDescribe	describe;
	void	   *describe_arg;
	/* Strings that the text stands in, as bodies of routines do. */
	int			depth;
	/* What comments that carry the source have in them (source.h), 0: there are none; their longest text. */
	uint64		source_mark;
	int			source_most;
} RsDialect;

typedef struct RsTranslation
{
	RsText		text;			/* PostgreSQL's SQL; text.data.data is terminated */
	bool		changed;		/* false: byte for byte what was given */
} RsTranslation;

/* Translate all statements of sql.  Linear time in its length, but for describe(). */
extern RsTranslation *rs_translate(const RsDialect *dialect, const char *sql);

/*
 * The position (in characters from 1, as errors have it; 0: none) in the user's text
 * sql of a position in its translation.
 */
extern int	rs_user_position(const RsTranslation *translation, const char *sql, int position);

/* Puts Query trees in place of calls of redshift.deferred() (deferred.c). */
extern void rs_deferred_init(void);

/* Completes names of procedures in utility statements (procedure_names.c). */
extern void rs_procedure_names_init(void);

#endif							/* RS_DIALECT_H */
