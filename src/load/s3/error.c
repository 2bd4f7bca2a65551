/*
 * error.c
 *	  What S3 says is wrong.
 *
 * Of an error's fields only the code and the message are shown, for others repeat what was signed.
 */
#include "postgres.h"

#include "load/s3/s3.h"
#include "load/s3/xml.h"
#include "mb/pg_wchar.h"

typedef struct Said
{
	char	   *code;
	char	   *message;
	char	   *region;
} Said;

/* Text of a server's may hold anything; of it one line is shown. */
static char *
presentable(const char *text, int size)
{
	char	   *line;

	if (size > 300)
		size = pg_encoding_mbcliplen(PG_UTF8, text, size, 300);
	if (!pg_verify_mbstr(PG_UTF8, text, size, true))
		return pstrdup("?");
	line = pnstrdup(text, size);
	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char) *c < ' ' || *c == 0x7f)
			*c = ' ';
	return pg_any_to_server(line, size, PG_UTF8);
}

static Said
read_error(const RsHttpTransfer *transfer)
{
	Said		said = {"", "", ""};
	RsXmlReader reader;
	RsXmlEvent	event;

	rs_xml_begin(&reader, rs_http_answer(transfer), rs_http_answer_size(transfer));
	while ((event = rs_xml_next(&reader)) == RS_XML_START || event == RS_XML_END)
	{
		if (event != RS_XML_END || reader.depth != 2)
			continue;
		if (rs_xml_is(&reader, "Code"))
			said.code = presentable(reader.text.data, reader.text.len);
		else if (rs_xml_is(&reader, "Message"))
			said.message = presentable(reader.text.data, reader.text.len);
		else if (rs_xml_is(&reader, "Region"))
			said.region = presentable(reader.text.data, reader.text.len);
	}
	return said;
}

char *
rs_s3_error_code(const RsHttpTransfer *transfer)
{
	return read_error(transfer).code;
}

static int
sqlstate_of(int status, const char *code)
{
	if (strcmp(code, "InvalidAccessKeyId") == 0 || strcmp(code, "SignatureDoesNotMatch") == 0 ||
		strcmp(code, "ExpiredToken") == 0 || strcmp(code, "InvalidToken") == 0)
		return ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
	switch (status)
	{
		case 401:
		case 403:
			return ERRCODE_INSUFFICIENT_PRIVILEGE;
		case 404:
			return ERRCODE_UNDEFINED_FILE;
		case 429:
		case 503:
			return ERRCODE_INSUFFICIENT_RESOURCES;
		default:
			return ERRCODE_FDW_ERROR;
	}
}

void
rs_s3_throw(const RsS3Location *location, const RsHttpTransfer *transfer, int status, const char *url)
{
	Said		said = read_error(transfer);
	const char *region = rs_http_bucket_region(transfer);
	bool		elsewhere;

	/* Also one that has become shorter than the range that was asked for. */
	if (status == 412 || status == 416)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("file \"%s\" was replaced while it was read", url));
	if (region[0] == '\0')
		region = said.region;
	else
		region = presentable(region, strlen(region));
	elsewhere = status == 301 || status == 307 || status == 308 ||
		strcmp(said.code, "AuthorizationHeaderMalformed") == 0 ||
		strcmp(said.code, "IllegalLocationConstraintException") == 0;
	ereport(ERROR,
			errcode(elsewhere ? ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE : sqlstate_of(status, said.code)),
			elsewhere
			? errmsg("\"%s\" is not in region \"%s\"", url, location->access->http.region)
			: status == 404 && strcmp(said.code, "NoSuchBucket") != 0
			? errmsg("file \"%s\" does not exist", url)
			: errmsg("the server of \"%s\" answered with status %d: %s", url, status,
					 said.message[0] != '\0' ? said.message : said.code[0] != '\0' ? said.code :
					 "it did not say why"),
			said.code[0] != '\0'
			? errdetail("Foreign server \"%s\" says %s.  It was asked %d times.", location->access->server, said.code,
						rs_http_attempts(transfer))
			: errdetail("Foreign server \"%s\" was asked %d times.", location->access->server,
						rs_http_attempts(transfer)),
			elsewhere && region[0] != '\0'
			? errhint("Its region is \"%s\": say so by the option region.", region) : 0);
}
