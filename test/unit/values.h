/*
 * values.h
 *	  Values to test encodings with.
 */
#ifndef RS_UNIT_VALUES_H
#define RS_UNIT_VALUES_H

#include "encoding/encoding.h"

/* A physical form as the tests use it; FIXED comes in several widths. */
typedef struct Form
{
	const char *name;
	RsPhys		phys;
	uint16		width;
} Form;

extern const Form forms[];
extern const int nforms;

/* What values look like: shapes are numbered per form. */
extern int	nshapes(RsPhys phys);
extern const char *shape_name(RsPhys phys, int shape);
/* At most this many values of the shape, so that memory stays small. */
extern uint32 shape_limit(RsPhys phys, int shape);
extern void make_values(const Form *form, int shape, uint32 count, RsValues *out);

/* Room for count VARLEN values of nbytes payload bytes in all; then one by one. */
extern void begin_images(RsValues *out, uint32 count, Size nbytes);
extern void add_image(RsValues *out, const char *payload, Size size);

/* Bytes of value i, without header. */
extern const char *value_bytes(const RsValues *values, uint32 i, Size *size);

/*
 * Is `part` what [first, first + part->count) of `whole` are, in the form that
 * encoding.h promises?
 */
extern bool same_values(const RsValues *whole, uint32 first, const RsValues *part);
/* Is image i of VARLEN values well-formed and inside of their bytes? */
extern bool image_is_sound(const RsValues *values, uint32 i);

/* Encoded bytes with nothing behind them, at an address of no alignment. */
extern char *exact_copy(const char *bytes, Size size);

extern void digest_values(const RsValues *values);

#endif							/* RS_UNIT_VALUES_H */
