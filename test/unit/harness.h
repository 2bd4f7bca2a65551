/*
 * harness.h
 *	  TAP output, random numbers from a seed, and a digest of all results.
 */
#ifndef RS_UNIT_HARNESS_H
#define RS_UNIT_HARNESS_H

/*
 * program [seed] [--digest-to=FILE | --digest-from=FILE]
 *
 * Without an argument the seed is REDSHIFT_SEED of the environment, or the time.
 * The digest lets two builds of the same code prove that they give the same
 * bytes: one writes it, another, run with the same seed, tests that it got it.
 */
extern void harness_begin(int argc, char **argv);
extern int	harness_end(void);	/* prints the plan; what main returns */

extern void ok(bool passed, const char *format,...) pg_attribute_printf(2, 3);
extern void diag(const char *format,...) pg_attribute_printf(1, 2);

extern uint64 rnd(void);
extern uint64 rnd_below(uint64 limit);	/* 0 where limit is 0 */

extern void digest(const void *bytes, Size size);

#endif							/* RS_UNIT_HARNESS_H */
