/*
 * address.h
 *	  Which network addresses are nobody's business outside.
 */
#ifndef RS_ADDRESS_H
#define RS_ADDRESS_H

#include <sys/socket.h>

/* Is this an address of the machine itself, its network, or otherwise not a public host's? */
extern bool rs_address_is_private(const struct sockaddr *address);

/* The same for one in its usual notation. */
extern bool rs_address_text_is_private(const char *address);

#endif							/* RS_ADDRESS_H */
