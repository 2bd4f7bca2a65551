/*
 * search.h
 *	  Finding bytes in bytes.
 */
#ifndef RS_SEARCH_H
#define RS_SEARCH_H

/* The first occurrence of the needle in [from, end); NULL: none. */
extern const char *rs_search(const char *from, const char *end, const char *needle, Size size);

#endif							/* RS_SEARCH_H */
