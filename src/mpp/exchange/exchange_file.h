/*
 * exchange_file.h
 *	  On a compute node: the files of an exchange.
 */
#ifndef RS_EXCHANGE_FILE_H
#define RS_EXCHANGE_FILE_H

#include "postgres_ext.h"
#include "nodes/pg_list.h"
#include "port/atomics.h"

/*
 * Open an exchange for this many senders, 0: any number, until the transaction ends.  distinct: about how
 * many values columns have (IntList), 0 for those of which that is not known.
 */
extern void rs_exchange_open(const char *id, int nsenders, List *distinct);
extern void rs_exchange_close(const char *id);

/* A sender's file: messages of wire.h, the last of which is of kind END. */
typedef struct RsExchangeWriter RsExchangeWriter;
extern RsExchangeWriter *rs_exchange_writer_create(const char *id);
extern void rs_exchange_writer_add(RsExchangeWriter *writer, const char *message, Size size);
extern void rs_exchange_writer_end(RsExchangeWriter *writer);

/*
 * All messages of an exchange of one kind, of all senders; an error if a sender is missing.
 * Processes that share next, which begins with 0, get each message once among them; NULL:
 * nobody else reads these.
 */
typedef struct RsExchangeReader RsExchangeReader;
extern RsExchangeReader *rs_exchange_reader_create(const char *id, uint8 kind, pg_atomic_uint64 *next);
extern int	rs_exchange_reader_senders(const RsExchangeReader *reader);
/* The next message, palloc'd once and good until the next call; NULL: no more. */
extern const char *rs_exchange_reader_next(RsExchangeReader *reader, Size *size);
extern void rs_exchange_reader_end(RsExchangeReader *reader);

/* Rows and bytes that have come. */
extern uint64 rs_exchange_rows(const char *id, uint64 *bytes);

/* About how many values a column has, from 1; 0: that is not known. */
extern int	rs_exchange_distinct(const char *id, int column);

extern void rs_exchange_file_init(void);

#endif							/* RS_EXCHANGE_FILE_H */
