/*
 * functions.h
 *	  Redshift's functions: what the library's entry starts.
 */
#ifndef RS_FUNCTIONS_H
#define RS_FUNCTIONS_H

/* Let the vector engine know the kernels of our functions; change analysed queries as the dialect asks. */
extern void rs_functions_init(void);

#endif							/* RS_FUNCTIONS_H */
