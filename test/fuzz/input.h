/*
 * input.h
 *	  What the fuzzer's inputs are: this, then a block's stored bytes.
 */
#ifndef RS_FUZZ_INPUT_H
#define RS_FUZZ_INPUT_H

#include "encoding/encoding.h"

typedef struct FuzzHead
{
	RsBlockForm form;			/* size is set to that of the bytes */
	uint8		column;			/* index of forms[] in values.h; beyond: numeric */
	uint8		settle;			/* odd: sizes and flags are made to agree */
	uint16		first;			/* range of rows to decode */
	uint16		count;
	uint16		reserved;
} FuzzHead;

StaticAssertDecl(sizeof(FuzzHead) == 32, "inputs of the fuzzer are kept in files");

#endif							/* RS_FUZZ_INPUT_H */
