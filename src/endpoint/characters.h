/*
 * characters.h
 *	  Texts of clients in encodings that no server has, as the translator can read them.
 */
#ifndef RS_ENDPOINT_CHARACTERS_H
#define RS_ENDPOINT_CHARACTERS_H

/*
 * A text whose characters that are not ASCII have no byte of ASCII: to be read as UTF-8.  May
 * throw.  In the current context, as what the other one gives.
 */
extern char *rs_characters_hide(int encoding, const char *text);

/* What has come of it, in its encoding again. */
extern char *rs_characters_restore(const char *hidden);

#endif							/* RS_ENDPOINT_CHARACTERS_H */
