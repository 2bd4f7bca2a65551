/*
 * tls.c
 *	  TLS of the endpoint's clients, with the server's certificate and settings.
 *
 * The server's own layer waits inside its handshake; an event loop must not.  So this reads
 * the same settings (ssl_cert_file, ssl_key_file, ssl_ca_file, ...) into a context of its
 * own.  Every call returns at once, and leaves OpenSSL's queue of errors empty.
 */
#include "postgres.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "endpoint/tls.h"
#include "compat/protocol.h"
#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "utils/guc.h"

static SSL_CTX *context = NULL;
static bool starting;			/* the first time: a passphrase may be asked for at a terminal */

/* ---------------------------------------------------------------------
 * The context
 * ---------------------------------------------------------------------
 */

static const char *
reason(void)
{
	unsigned long code = ERR_get_error();
	const char *text = code == 0 ? NULL : ERR_reason_error_string(code);

	return text ? text : "no reason given";
}

static bool
failed(const char *what, const char *name)
{
	ereport(LOG,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("could not load TLS of the endpoint: %s \"%s\": %s", what, name, reason())));
	return false;
}

static int
passphrase(char *buffer, int size, int writing, void *arg)
{
	buffer[0] = '\0';
	if (ssl_passphrase_command[0] == '\0' || (!starting && !ssl_passphrase_command_supports_reload))
		return 0;
	return run_ssl_passphrase_command("Enter PEM pass phrase:", starting, buffer, size);
}

/*
 * libpq 17 and later name the protocol; where a client does, it wants it named back.
 */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *outlen,
				const unsigned char *in, unsigned int inlen, void *arg)
{
	static const unsigned char ours[] = "\012postgresql";

	if (SSL_select_next_proto((unsigned char **) out, outlen, ours, sizeof(ours) - 1,
							  in, inlen) == OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	return SSL_TLSEXT_ERR_NOACK;
}

static int
protocol_version(int setting)
{
	switch (setting)
	{
		case PG_TLS1_VERSION:
			return TLS1_VERSION;
		case PG_TLS1_1_VERSION:
			return TLS1_1_VERSION;
		case PG_TLS1_2_VERSION:
			return TLS1_2_VERSION;
		case PG_TLS1_3_VERSION:
			return TLS1_3_VERSION;
		default:
			return 0;			/* any */
	}
}

/*
 * Certificates of clients are asked for where the server does so, and one that is
 * shown must be good; none takes the place of what pg_hba.conf asks for.
 */
static bool
load_authorities(SSL_CTX *ctx)
{
	STACK_OF(X509_NAME) *names;

	if (ssl_ca_file[0] != '\0')
	{
		names = SSL_load_client_CA_file(ssl_ca_file);
		if (names == NULL || SSL_CTX_load_verify_locations(ctx, ssl_ca_file, NULL) != 1)
		{
			sk_X509_NAME_pop_free(names, X509_NAME_free);
			return failed("certificate authorities", ssl_ca_file);
		}
		SSL_CTX_set_client_CA_list(ctx, names);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, NULL);
	}
	if (ssl_crl_file[0] != '\0' || ssl_crl_dir[0] != '\0')
	{
		X509_STORE *store = SSL_CTX_get_cert_store(ctx);

		if (X509_STORE_load_locations(store, ssl_crl_file[0] ? ssl_crl_file : NULL,
									  ssl_crl_dir[0] ? ssl_crl_dir : NULL) != 1)
			return failed("revocation list", ssl_crl_file[0] ? ssl_crl_file : ssl_crl_dir);
		X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	}
	return true;
}

static bool
load_parameters(SSL_CTX *ctx)
{
	BIO		   *bio;
	EVP_PKEY   *params;

	if (SSL_CTX_set_cipher_list(ctx, SSLCipherSuites) != 1)
		return failed("ssl_ciphers", SSLCipherSuites);
	if (SSL_CTX_set1_groups_list(ctx, SSLECDHCurve) != 1)
		return failed("ssl_ecdh_curve", SSLECDHCurve);
	if (SSL_CTX_set_min_proto_version(ctx, protocol_version(ssl_min_protocol_version)) != 1 ||
		SSL_CTX_set_max_proto_version(ctx, protocol_version(ssl_max_protocol_version)) != 1)
		return failed("setting", "ssl_min_protocol_version");
	if (ssl_dh_params_file[0] == '\0')
		return SSL_CTX_set_dh_auto(ctx, 1) == 1;
	bio = BIO_new_file(ssl_dh_params_file, "r");
	params = bio ? PEM_read_bio_Parameters(bio, NULL) : NULL;
	BIO_free(bio);
	if (params == NULL || SSL_CTX_set0_tmp_dh_pkey(ctx, params) != 1)
	{
		EVP_PKEY_free(params);
		return failed("parameters", ssl_dh_params_file);
	}
	return true;
}

static bool
load(SSL_CTX *ctx)
{
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					 SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
						SSL_OP_IGNORE_UNEXPECTED_EOF |
						(SSLPreferServerCiphers ? SSL_OP_CIPHER_SERVER_PREFERENCE : 0));
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_default_passwd_cb(ctx, passphrase);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	if (SSL_CTX_use_certificate_chain_file(ctx, ssl_cert_file) != 1)
		return failed("certificate", ssl_cert_file);
	if (!check_ssl_key_file_permissions(ssl_key_file, false))
		return false;
	if (SSL_CTX_use_PrivateKey_file(ctx, ssl_key_file, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_check_private_key(ctx) != 1)
		return failed("private key", ssl_key_file);
	return load_parameters(ctx) && load_authorities(ctx);
}

void
rs_tls_load(bool first)
{
	SSL_CTX    *ctx = NULL;

	starting = first;
	if (EnableSSL)
	{
		ctx = SSL_CTX_new(TLS_server_method());
		if (ctx == NULL || !load(ctx))
		{
			SSL_CTX_free(ctx);
			ERR_clear_error();
			return;
		}
		ERR_clear_error();
	}
	SSL_CTX_free(context);
	context = ctx;
}

bool
rs_tls_offered(void)
{
	return context != NULL;
}

/* ---------------------------------------------------------------------
 * Connections
 * ---------------------------------------------------------------------
 */

RsTls *
rs_tls_new(int fd)
{
	SSL		   *ssl = SSL_new(context);

	if (ssl != NULL && SSL_set_fd(ssl, fd) == 1)
		return ssl;
	SSL_free(ssl);
	ERR_clear_error();
	return NULL;
}

void
rs_tls_free(RsTls *tls)
{
	/* One word of farewell; nobody waits for the answer. */
	ERR_clear_error();
	if (SSL_is_init_finished(tls))
		(void) SSL_shutdown(tls);
	SSL_free(tls);
	ERR_clear_error();
}

static int
result_of(RsTls *tls, int result, RsTlsWait *wait)
{
	if (result > 0)
		return result;
	switch (SSL_get_error(tls, result))
	{
		case SSL_ERROR_WANT_READ:
			*wait = RS_TLS_WANTS_READ;
			break;
		case SSL_ERROR_WANT_WRITE:
			*wait = RS_TLS_WANTS_WRITE;
			break;
		default:
			*wait = RS_TLS_CLOSED;
			break;
	}
	ERR_clear_error();
	return 0;
}

int
rs_tls_accept(RsTls *tls, RsTlsWait *wait)
{
	ERR_clear_error();
	return result_of(tls, SSL_accept(tls), wait);
}

int
rs_tls_read(RsTls *tls, char *data, int size, RsTlsWait *wait)
{
	ERR_clear_error();
	return result_of(tls, SSL_read(tls, data, size), wait);
}

int
rs_tls_write(RsTls *tls, const char *data, int size, RsTlsWait *wait)
{
	ERR_clear_error();
	return result_of(tls, SSL_write(tls, data, size), wait);
}

bool
rs_tls_has_data(RsTls *tls)
{
	return SSL_pending(tls) > 0;
}

const char *
rs_tls_version(RsTls *tls)
{
	return SSL_get_version(tls);
}
