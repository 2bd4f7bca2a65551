/*
 * bitpack.h
 *	  Unsigned integers in as many bits each as the largest needs.
 *
 * Value i stands at bit i * width of a little-endian stream, so any range can be
 * read alone.  The stream is followed by RS_BITPACK_PAD zero bytes: a reader
 * loads eight bytes wherever a value begins.
 */
#ifndef RS_BITPACK_H
#define RS_BITPACK_H

#include "lib/stringinfo.h"

#define RS_BITPACK_PAD		8

/*
 * For kernels: compiled once for each level of x86-64 (2: SSE4.2, 3: AVX2 and BMI2,
 * 4: AVX-512), and the version that fits chosen when the library is loaded.  Plain
 * code elsewhere, and where a test defines it as nothing to compare the two.  clang
 * takes the levels' names, but does not find them in a processor.
 */
#ifndef RS_KERNEL
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__clang__) && __clang_major__ >= 14
#define RS_KERNEL	__attribute__((target_clones("avx512bw", "avx2", "sse4.2", "default")))
#elif defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && __GNUC__ >= 12
#define RS_KERNEL \
	__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "arch=x86-64-v2", "default")))
#else
#define RS_KERNEL
#endif
#endif

extern uint8 rs_bits_needed(uint64 max);
extern Size rs_bitpack_size(uint32 count, uint8 width);
extern void rs_bitpack(const uint64 *values, uint32 count, uint8 width, StringInfo out);
/* Values [first, first + count); the caller has checked the stream's size. */
extern void rs_bitunpack(const char *in, uint8 width, uint32 first, uint32 count, uint64 *out);
/* The same, of at most 16 bits each. */
extern void rs_bitunpack16(const char *in, uint8 width, uint32 first, uint32 count, uint16 *out);

#endif							/* RS_BITPACK_H */
