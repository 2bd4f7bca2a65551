/*
 * ssh_manifest.h
 *	  Manifests of commands to run on hosts, whose output COPY loads.
 */
#ifndef RS_SSH_MANIFEST_H
#define RS_SSH_MANIFEST_H

#include "load/location.h"

/*
 * The commands of a manifest as RsObject *, whose URLs rs_location_open() knows, of unknown
 * size (-1).  Hosts that are not mandatory and cannot be reached are left out, with a warning; an
 * error if no command is left.
 */
extern List *rs_ssh_manifest_read(const char *name, const char *text, Size size);

/* Scheme of those URLs, which users do not write. */
#define RS_SSH_SCHEME	"ssh-command:"

/* What is run, where. */
typedef struct RsSshCommand
{
	const char *endpoint;
	const char *command;
	const char *host_key;		/* NULL: the manifest has none */
	const char *user;			/* NULL: the same */
	int			number;			/* in its manifest, from 1 */
	bool		mandatory;
} RsSshCommand;

extern RsSshCommand *rs_ssh_command_parse(const char *url);

#endif							/* RS_SSH_MANIFEST_H */
