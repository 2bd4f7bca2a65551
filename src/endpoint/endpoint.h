/*
 * endpoint.h
 *	  Redshift's port: what the library's entry calls of it.
 */
#ifndef RS_ENDPOINT_H
#define RS_ENDPOINT_H

/*
 * Registers the worker, its shared memory, Redshift's session parameters and the hook
 * that begins sessions.  Does nothing unless the server is loading its libraries.
 */
extern void rs_endpoint_init(void);

#endif							/* RS_ENDPOINT_H */
