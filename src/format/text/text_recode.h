/*
 * text_recode.h
 *	  Text of another encoding, for readers that know UTF-8 only.
 */
#ifndef RS_TEXT_RECODE_H
#define RS_TEXT_RECODE_H

#include "format/text/text_source.h"

/*
 * An input whose bytes are the text of another one in UTF-8, to be read from its start to its
 * end; encoding: see RsConversion.  *source tells how much of the other one has been read.  Lives in the
 * current memory context.
 */
extern RsInput *rs_text_recode(RsInput *input, int encoding, const RsTextSource **source);

#endif							/* RS_TEXT_RECODE_H */
