/*
 * statement.h
 *	  The functions that translate statements, by family.
 */
#ifndef RS_STATEMENT_H
#define RS_STATEMENT_H

#include "dialect/translator.h"

/* Translate the statement of tokens [first, end); see translator.h. */
typedef void (*RsStatement) (RsTranslator *translator, RsText *out, int first, int end);

/* create_table.c, alter_table.c */
extern void rs_create_table(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_alter_table(RsTranslator *translator, RsText *out, int first, int end);

/* definition.c */
extern void rs_create_index(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_create_statistics(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_define(RsTranslator *translator, RsText *out, int first, int end);

/* grant.c, role.c */
extern void rs_alter_default_privileges(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_alter_role(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_alter_user(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_create_role(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_create_user(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_drop_role(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_drop_schema(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_grant(RsTranslator *translator, RsText *out, int first, int end);

/* load.c */
extern void rs_copy_statement(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_unload_statement(RsTranslator *translator, RsText *out, int first, int end);

/* maintenance.c, merge.c, show.c */
extern void rs_analyze(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_merge(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_show(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_vacuum(RsTranslator *translator, RsText *out, int first, int end);

/* routine.c */
extern void rs_create_routine(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_name_routine(RsTranslator *translator, RsText *out, int first, int end);

/* setting.c */
extern void rs_alter_database(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_begin(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_call(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_cancel(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_comment_on_column(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_create_schema(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_database(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_explain(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_names(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_prepare(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_refused(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_set(RsTranslator *translator, RsText *out, int first, int end);

/* view.c */
extern void rs_alter_materialized_view(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_create_materialized_view(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_create_view(RsTranslator *translator, RsText *out, int first, int end);
extern void rs_refresh_materialized_view(RsTranslator *translator, RsText *out, int first, int end);

#endif							/* RS_STATEMENT_H */
