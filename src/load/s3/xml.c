/*
 * xml.c
 *	  A reader of the XML that S3 answers with.
 *
 * S3's answers are elements and text, with an XML declaration at most.  Everything
 * else that XML knows (document types and their entities, processing instructions, comments,
 * CDATA) is refused: none of it is sent, and what is not read can do no harm.
 */
#include "postgres.h"

#include "load/s3/xml.h"
#include "mb/pg_wchar.h"

void
rs_xml_begin(RsXmlReader *reader, const char *text, Size size)
{
	memset(reader, 0, sizeof(RsXmlReader));
	reader->next = text;
	reader->end = text + size;
	initStringInfo(&reader->text);
}

bool
rs_xml_is(const RsXmlReader *reader, const char *name)
{
	const RsXmlName *open = &reader->names[reader->depth - 1];

	return open->size == (int) strlen(name) && memcmp(open->start, name, open->size) == 0;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
skip_space(RsXmlReader *reader)
{
	while (reader->next < reader->end && is_space(*reader->next))
		reader->next++;
}

static bool
skip_text(RsXmlReader *reader, const char *text)
{
	Size		size = strlen(text);

	if ((Size) (reader->end - reader->next) < size || memcmp(reader->next, text, size) != 0)
		return false;
	reader->next += size;
	return true;
}

static bool
read_name(RsXmlReader *reader, RsXmlName *name)
{
	name->start = reader->next;
	while (reader->next < reader->end && !is_space(*reader->next) &&
		   strchr("<>/=\"'&", *reader->next) == NULL)
	{
		if (*reader->next++ == ':')
			name->start = reader->next;
	}
	name->size = reader->next - name->start;
	return name->size > 0;
}

/* Attributes say nothing that anybody here wants to know. */
static bool
skip_attributes(RsXmlReader *reader)
{
	for (;;)
	{
		RsXmlName	name;
		char		quote;
		const char *close;

		skip_space(reader);
		if (reader->next >= reader->end)
			return false;
		if (*reader->next == '>' || *reader->next == '/' || *reader->next == '?')
			return true;
		if (!read_name(reader, &name))
			return false;
		skip_space(reader);
		if (!skip_text(reader, "="))
			return false;
		skip_space(reader);
		if (reader->next >= reader->end || (*reader->next != '"' && *reader->next != '\''))
			return false;
		quote = *reader->next++;
		close = memchr(reader->next, quote, reader->end - reader->next);
		if (close == NULL || memchr(reader->next, '<', close - reader->next) != NULL)
			return false;
		reader->next = close + 1;
	}
}

static bool
append_character(RsXmlReader *reader, unsigned long c)
{
	unsigned char utf8[5] = {0};

	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	unicode_to_utf8((pg_wchar) c, utf8);
	appendBinaryStringInfo(&reader->text, (char *) utf8, pg_utf_mblen(utf8));
	return true;
}

static bool
read_reference(RsXmlReader *reader)
{
	static const struct
	{
		const char *name;
		char		character;
	}			entities[] = {{"lt;", '<'}, {"gt;", '>'}, {"amp;", '&'}, {"quot;", '"'}, {"apos;", '\''}};

	if (skip_text(reader, "#"))
	{
		bool		hex = skip_text(reader, "x");
		const char *start = reader->next;
		char	   *end;
		unsigned long c;

		/* No sign, no space: what strtoul() would take too. */
		if (reader->next >= reader->end ||
			!(hex ? isxdigit((unsigned char) *start) : isdigit((unsigned char) *start)))
			return false;
		c = strtoul(start, &end, hex ? 16 : 10);
		if (end >= reader->end || *end != ';' || end - start > 8)
			return false;
		reader->next = end + 1;
		return append_character(reader, c);
	}
	for (int i = 0; i < (int) lengthof(entities); i++)
		if (skip_text(reader, entities[i].name))
		{
			appendStringInfoChar(&reader->text, entities[i].character);
			return true;
		}
	return false;
}

/* Up to the next tag. */
static bool
read_text(RsXmlReader *reader)
{
	while (reader->next < reader->end && *reader->next != '<')
	{
		const char *start = reader->next;

		while (reader->next < reader->end && *reader->next != '<' && *reader->next != '&')
			reader->next++;
		appendBinaryStringInfo(&reader->text, start, reader->next - start);
		if (reader->next < reader->end && *reader->next == '&')
		{
			reader->next++;
			if (!read_reference(reader))
				return false;
		}
	}
	return true;
}

static RsXmlEvent
read_end_tag(RsXmlReader *reader)
{
	RsXmlName	name;

	if (reader->depth == 0 || !read_name(reader, &name) ||
		name.size != reader->names[reader->depth - 1].size ||
		memcmp(name.start, reader->names[reader->depth - 1].start, name.size) != 0)
		return RS_XML_BAD;
	skip_space(reader);
	if (!skip_text(reader, ">"))
		return RS_XML_BAD;
	reader->ended = true;
	return RS_XML_END;
}

static RsXmlEvent
read_start_tag(RsXmlReader *reader)
{
	RsXmlName	name;

	if (reader->depth >= RS_XML_DEPTH || !read_name(reader, &name) || !skip_attributes(reader))
		return RS_XML_BAD;
	reader->closing = skip_text(reader, "/");
	if (!skip_text(reader, ">"))
		return RS_XML_BAD;
	reader->names[reader->depth++] = name;
	resetStringInfo(&reader->text);
	return RS_XML_START;
}

RsXmlEvent
rs_xml_next(RsXmlReader *reader)
{
	if (reader->ended)
	{
		reader->ended = false;
		reader->depth--;
		resetStringInfo(&reader->text);
	}
	if (reader->closing)
	{
		reader->closing = false;
		reader->ended = true;
		return RS_XML_END;
	}
	if (reader->depth == 0)
	{
		skip_space(reader);
		if (skip_text(reader, "<?xml") && (!skip_attributes(reader) || !skip_text(reader, "?>")))
			return RS_XML_BAD;
		skip_space(reader);
		if (reader->next >= reader->end)
			return RS_XML_END_OF_TEXT;
	}
	else if (!read_text(reader))
		return RS_XML_BAD;
	if (skip_text(reader, "</"))
		return read_end_tag(reader);
	if (!skip_text(reader, "<"))
		return RS_XML_BAD;
	return read_start_tag(reader);
}
