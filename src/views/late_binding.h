/*
 * late_binding.h
 *	  Late binding views: their query stays text until it is planned.
 */
#ifndef RS_LATE_BINDING_H
#define RS_LATE_BINDING_H

#include "nodes/parsenodes.h"
#include "utils/relcache.h"

/* What the rule of such a view says. */
typedef struct RsLateBinding
{
	char	   *query;
	char	   *search_path;	/* for its functions, operators and types */
	bool		resolved;		/* could its columns be found out? */
} RsLateBinding;

/* The function that stands for the query; InvalidOid without the extension. */
extern Oid	rs_late_binding_function(void);

/* A view's, in the current context; NULL if it is none. */
extern RsLateBinding *rs_late_binding_of(Relation view);

/*
 * Analyze such a query as the user that it belongs to.  context: a line for errors.
 */
extern Query *rs_late_binding_analyze(const RsLateBinding *binding, Oid owner, const char *context);

extern void rs_late_binding_init(void);

/* CREATE VIEW ... WITH (no_schema_binding), and what keeps the columns up to date. */
extern void rs_late_binding_ddl_init(void);

#endif							/* RS_LATE_BINDING_H */
