/*
 * inner_text.c
 *	  Errors about SQL text that is not the text of the client's statement.
 */
#include "postgres.h"

#include "core/inner_text.h"
#include "parser/parser.h"

static void
report(void *arg)
{
	RsInnerText *inner = arg;
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(inner->text);
	}
	errcontext("%s", inner->context);
}

void
rs_inner_text_begin(RsInnerText *inner, const char *text, const char *context)
{
	inner->text = text;
	inner->context = context;
	inner->callback.callback = report;
	inner->callback.arg = inner;
	inner->callback.previous = error_context_stack;
	error_context_stack = &inner->callback;
}

void
rs_inner_text_end(RsInnerText *inner)
{
	error_context_stack = inner->callback.previous;
}

List *
rs_inner_text_parse(const char *text, const char *context)
{
	RsInnerText inner;
	List	   *statements;

	rs_inner_text_begin(&inner, text, context);
	statements = raw_parser(text, RAW_PARSE_DEFAULT);
	rs_inner_text_end(&inner);
	return statements;
}
