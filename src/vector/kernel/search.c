/*
 * search.c
 *	  Finding bytes in bytes.
 *
 * Sixteen places are tried at once: those where the needle's first and last byte
 * both stand are compared in full.  Unlike memmem() it prepares nothing, so it
 * suits needles of a few bytes in strings of a few dozen, too.
 */
#include "postgres.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "vector/kernel/search.h"

static const char *
search_plain(const char *from, const char *end, const char *needle, Size size)
{
	while ((Size) (end - from) >= size)
	{
		const char *first = memchr(from, needle[0], (end - from) - size + 1);

		if (first == NULL)
			return NULL;
		if (memcmp(first + 1, needle + 1, size - 1) == 0)
			return first;
		from = first + 1;
	}
	return NULL;
}

const char *
rs_search(const char *from, const char *end, const char *needle, Size size)
{
	if (size == 0)
		return from;
	if ((Size) (end - from) < size)
		return NULL;
	if (size == 1)
		return memchr(from, needle[0], end - from);
#ifdef __SSE2__
	{
		const __m128i first = _mm_set1_epi8(needle[0]);
		const __m128i last = _mm_set1_epi8(needle[size - 1]);

		/* Both loads stay before end. */
		while ((Size) (end - from) >= size - 1 + sizeof(__m128i))
		{
			__m128i		heads = _mm_loadu_si128((const __m128i *) from);
			__m128i		tails = _mm_loadu_si128((const __m128i *) (from + size - 1));
			uint32		places = (uint32) _mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(heads, first),
																		  _mm_cmpeq_epi8(tails, last)));

			while (places != 0)
			{
				const char *place = from + __builtin_ctz(places);

				if (memcmp(place + 1, needle + 1, size - 2) == 0)
					return place;
				places &= places - 1;
			}
			from += sizeof(__m128i);
		}
	}
#endif
	return search_plain(from, end, needle, size);
}
