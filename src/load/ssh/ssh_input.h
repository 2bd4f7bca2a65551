/*
 * ssh_input.h
 *	  What a command on another host writes, as a file.
 */
#ifndef RS_SSH_INPUT_H
#define RS_SSH_INPUT_H

#include "load/location.h"
#include "load/ssh/ssh_manifest.h"

/* The location that a manifest's URLs are in. */
extern RsLocation *rs_ssh_location_open(const char *url, List *options, bool for_writing);

/* Can its host be logged in to?  If not, there is a warning that says why. */
extern bool rs_ssh_can_connect(const RsSshCommand *command);

#endif							/* RS_SSH_INPUT_H */
