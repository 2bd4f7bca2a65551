/*
 * numeric.h
 *	  PostgreSQL's numeric as scaled integers.
 */
#ifndef RS_NUMERIC_H
#define RS_NUMERIC_H

#include "encoding/encoding.h"

/*
 * All values as integers of one scale: INT64 if they fit, else INT128.  False
 * where they have several display scales, are NaN or infinite, or take more than
 * nine digits to base 10,000 (33 to 36 decimal ones, as the point lies).  Allocates
 * in the current context.
 */
extern bool rs_numeric_scale(const RsValues *in, RsValues *out);

/*
 * One stored numeric: as an integer of its display scale, on the same terms; and in
 * lowest terms, without zeros behind the point.  The latter is false only for NaN and
 * infinities, beyond 38 decimals and where no int128 holds it, so that values which are
 * equal look the same however they are stored.
 */
extern bool rs_numeric_to_integer(const char *image, int128 *value, int16 *scale);
extern bool rs_numeric_to_lowest_terms(const char *image, int128 *value, int16 *scale,
									   int16 *display_scale);

/* The numeric Datum of an integer of this scale, as PostgreSQL would store it. */
extern Datum rs_numeric_from_int64(int64 value, int scale);
extern Datum rs_numeric_from_int128(int128 value, int scale);

#define RS_NUMERIC_MAX_SCALE	38

#endif							/* RS_NUMERIC_H */
