/*
 * xml.h
 *	  A reader of the XML that S3 answers with.
 */
#ifndef RS_XML_H
#define RS_XML_H

#include "lib/stringinfo.h"

#define RS_XML_DEPTH	16

typedef struct RsXmlName
{
	const char *start;
	int			size;
} RsXmlName;

typedef enum RsXmlEvent
{
	RS_XML_END_OF_TEXT,			/* well-formed up to here */
	RS_XML_START,
	RS_XML_END,					/* of an element, with the text that directly stands in it */
	RS_XML_BAD					/* not well-formed, or not of the kind that S3 sends */
} RsXmlEvent;

typedef struct RsXmlReader
{
	const char *next;
	const char *end;
	int			depth;			/* of the element that an event is about, from 1 */
	RsXmlName	names[RS_XML_DEPTH];	/* those that are open */
	StringInfoData text;		/* of the element that ends, in UTF-8 */
	bool		closing;		/* the element was empty: its end is the next event */
	bool		ended;			/* the last event was an end */
} RsXmlReader;

/* The text stays the caller's, and must be terminated. */
extern void rs_xml_begin(RsXmlReader *reader, const char *text, Size size);
extern RsXmlEvent rs_xml_next(RsXmlReader *reader);

/* Is this the name of the event's element?  Prefixes of namespaces are left out. */
extern bool rs_xml_is(const RsXmlReader *reader, const char *name);

#endif							/* RS_XML_H */
