/*
 * fault.h
 *	  Places where tests let a server fail.
 */
#ifndef RS_FAULT_H
#define RS_FAULT_H

extern char *rs_fault_directory;	/* empty: nothing fails */

/*
 * A place by name.  It fails if the directory has a file of that name, as the file says
 * (fault.c); costs a comparison if no directory is set.
 */
#define RS_FAULT_POINT(name) \
	do { \
		if (unlikely(rs_fault_directory[0] != '\0')) \
			rs_fault_point(name); \
	} while (0)

extern void rs_fault_point(const char *name);

#endif							/* RS_FAULT_H */
