/*
 * ssh_server.h
 *	  Hosts that SSH manifests may name: servers of the foreign-data wrapper redshift_ssh.
 */
#ifndef RS_SSH_SERVER_H
#define RS_SSH_SERVER_H

typedef struct RsSshServer
{
	const char *name;			/* of the foreign server */
	const char *host;
	int			port;
	const char *host_key;		/* "type base64"; NULL: not known */
	const char *user;			/* NULL: the manifest has to say */
	const char *private_key;	/* in OpenSSH's or PEM's form; a secret */
	int			timeout;		/* seconds, to connect and log in */
} RsSshServer;

/*
 * The server for an endpoint that the current user may use, and has a mapping for; an error
 * if there is none.  In the current memory context.
 */
extern RsSshServer *rs_ssh_server_find(const char *endpoint);

#endif							/* RS_SSH_SERVER_H */
