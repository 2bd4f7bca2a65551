/*
 * text.h
 *	  Strings for kernels.
 */
#ifndef RS_TEXT_H
#define RS_TEXT_H

#include "mb/pg_wchar.h"
#include "vector/expr/expr.h"

/*
 * Can the database's strings be searched for bytes?  In UTF-8 and single-byte
 * encodings no character's bytes are part of another's.
 */
static inline bool
rs_encoding_is_searchable(void)
{
	return pg_database_encoding_max_length() == 1 || GetDatabaseEncoding() == PG_UTF8;
}

/* Where the next character begins; each byte is one unless utf8. */
static inline const char *
rs_next_character(const char *at, const char *end, bool utf8)
{
	at++;
	if (utf8)
		while (at < end && (*at & 0xc0) == 0x80)
			at++;
	return at;
}

extern uint32 rs_count_characters(const char *bytes, Size size, bool utf8);

/* Are all bytes below 128? */
extern bool rs_is_ascii(const char *bytes, Size size);

/* ASCII letters in lower or upper case; other bytes as they are. */
extern void rs_fold_ascii(char *to, const char *from, Size size, bool upper);

/*
 * Does changing the case of ASCII letters mean the same under the collation as
 * under C?  Not in Turkish.  What of strings that are ASCII throughout.
 */
extern bool rs_collation_folds_ascii(Oid collation);

/* A deterministic collation, and searchable? */
extern bool rs_collation_is_searchable(Oid collation);

/* The bytes of a row that is not NULL. */
static inline const char *
rs_text_at(const RsVector *vector, uint32 row, Size *size)
{
	return rs_varlena_bytes(((Datum *) vector->data)[vector->constant ? 0 : row], false, size);
}

/* A new varlena in the arena, of so many bytes; NULL: too long for one. */
extern char *rs_text_create(RsArena *arena, Size size, Datum *value);

#endif							/* RS_TEXT_H */
