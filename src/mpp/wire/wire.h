/*
 * wire.h
 *	  Batches of rows as messages: encoder and decoder.
 */
#ifndef RS_WIRE_H
#define RS_WIRE_H

#include "executor/tuptable.h"
#include "vector/vector.h"

/* Messages have about so many bytes before they are compressed, unless a row has more. */
#define RS_WIRE_MESSAGE_SIZE	(256 * 1024)

typedef struct RsWireEncoder RsWireEncoder;
typedef struct RsWireDecoder RsWireDecoder;

/*
 * Encode rows of columns of these types.  Each message that is full is given to emit(),
 * which has to be done with it when it returns.  Lives in the context.
 */
extern RsWireEncoder *rs_wire_encoder_create(MemoryContext context, const Oid *types, int ncolumns,
											 void (*emit) (void *arg, const char *message, Size size),
											 void *arg);

/* Add rows[0 .. n) of the vectors; rows NULL: the first n. */
extern void rs_wire_encode_vectors(RsWireEncoder *encoder, const RsVector **columns,
								   const uint32 *rows, uint32 n);

/* Add a row; values are copied. */
extern void rs_wire_encode_slot(RsWireEncoder *encoder, TupleTableSlot *slot);

/* Emit what waits; then a last message, which says how many rows there were. */
extern void rs_wire_encode_flush(RsWireEncoder *encoder);
extern void rs_wire_encode_end(RsWireEncoder *encoder, uint64 rows);

/* What waits, and a message of another kind: a report of what was done, a filter, a question. */
extern void rs_wire_encode_payload(RsWireEncoder *encoder, uint8 kind, const char *payload, Size size);

/*
 * Are messages to be compressed?  They are unless said otherwise: it is worth its time if
 * what takes them is slower than what makes them.
 */
extern void rs_wire_encode_compressed(RsWireEncoder *encoder, bool compressed);

/* Rows added. */
extern uint64 rs_wire_encoded_rows(const RsWireEncoder *encoder);

/*
 * Decode rows of columns of these types.  From whom is not to be trusted, values of
 * types that are sent as they are in memory are checked, too.
 */
extern RsWireDecoder *rs_wire_decoder_create(MemoryContext context, const Oid *types, int ncolumns,
											 bool trusted);

/*
 * Begin with a message.  It is borrowed until the next one, and must be MAXALIGNed.
 * True: it has rows, to be taken by rs_wire_decode_next.  False: it was the last
 * one, and *rows is how many rows it says there were.
 */
extern bool rs_wire_decode_message(RsWireDecoder *decoder, const char *message, Size size,
								   uint64 *rows);

/* Was the message, which then has no rows, a report?  NULL: no. */
extern const char *rs_wire_decoded_report(const RsWireDecoder *decoder, Size *size);

/*
 * The next batch of the message: how many rows, at most RS_VECTOR_ROWS; 0: no more.
 * columns[] is set to vectors in the arena whose values are good until the next call.
 */
extern uint32 rs_wire_decode_next(RsWireDecoder *decoder, RsArena *arena, const RsVector **columns);

/*
 * The payload of a message of a kind that has no rows, of so many bytes at least, within
 * it, and its size, which was the message's.
 */
extern const char *rs_wire_decode_payload(const char *message, uint8 kind, Size least, Size *size);

/* Leave the rest of the message. */
extern void rs_wire_decode_forget(RsWireDecoder *decoder);

#endif							/* RS_WIRE_H */
