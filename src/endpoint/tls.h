/*
 * tls.h
 *	  TLS of the endpoint's clients, with the server's certificate and settings.
 */
#ifndef RS_ENDPOINT_TLS_H
#define RS_ENDPOINT_TLS_H

typedef struct ssl_st RsTls;

/* What a call came to when it moved no byte. */
typedef enum RsTlsWait
{
	RS_TLS_WANTS_READ, RS_TLS_WANTS_WRITE, RS_TLS_CLOSED
} RsTlsWait;

/* Read the settings and files again.  If they are bad, says so in the log and keeps what was. */
extern void rs_tls_load(bool first);
extern bool rs_tls_offered(void);

extern RsTls *rs_tls_new(int fd);
extern void rs_tls_free(RsTls *tls);

/* 1: done; 0: see *wait.  Reading and writing: bytes moved, 0: see *wait. */
extern int	rs_tls_accept(RsTls *tls, RsTlsWait *wait);
extern int	rs_tls_read(RsTls *tls, char *data, int size, RsTlsWait *wait);
extern int	rs_tls_write(RsTls *tls, const char *data, int size, RsTlsWait *wait);

/* Decrypted bytes that no event of the socket will tell of. */
extern bool rs_tls_has_data(RsTls *tls);
extern const char *rs_tls_version(RsTls *tls);

#endif							/* RS_ENDPOINT_TLS_H */
