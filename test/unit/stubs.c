/*
 * stubs.c
 *	  The little of a backend that src/encoding needs, for programs without one.
 *
 * Memory is made to show mistakes: a chunk is as large as asked for, not larger,
 * and begins eight bytes past a multiple of 16, as palloc promises no more than
 * MAXIMUM_ALIGNOF; deleting a context frees its chunks, so that the sanitizer
 * sees later uses.  Hashes and string comparison come from the server's own
 * libpgcommon and libpgport.
 */
#include "postgres.h"

#include <setjmp.h>
#include <stdarg.h>

#include "lib/stringinfo.h"
#include "nodes/memnodes.h"
#include "stubs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#if defined(__SANITIZE_ADDRESS__)
#define STUB_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STUB_ASAN
#endif
#endif
#ifdef STUB_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void) 0)
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void) 0)
#endif

/* Damaged sizes may ask for a gigabyte, which takes the sanitizer seconds. */
#define STUB_MEMORY_LIMIT	((Size) 256 * 1024 * 1024)

/* One allocation; a pointer to it precedes what the caller gets. */
typedef struct Chunk
{
	struct Chunk *previous;
	struct Chunk *next;
	MemoryContext context;
	Size		size;
	char	   *memory;
} Chunk;

MemoryContext CurrentMemoryContext = NULL;
const char *stub_message = "";

static Chunk chunks = {&chunks, &chunks, NULL, 0, NULL};
static jmp_buf *error_target = NULL;
static StubOutcome error_kind;

static void
give_up(StubOutcome outcome, const char *message)
{
	stub_message = message;
	if (error_target == NULL)
	{
		fprintf(stderr, "error outside of stub_run: %s\n", message);
		abort();
	}
	longjmp(*error_target, outcome);
}

StubOutcome
stub_run(void (*body) (void *), void *arg)
{
	jmp_buf		target;
	int			outcome;

	stub_message = "";
	error_kind = STUB_ERROR;
	error_target = &target;
	outcome = setjmp(target);
	if (outcome == STUB_DONE)
		body(arg);
	error_target = NULL;
	return (StubOutcome) outcome;
}

static void *
allocate(MemoryContext context, Size size, Size max)
{
	Chunk	   *chunk;

	if (size > max)
		give_up(STUB_ERROR, "invalid memory alloc request size");
	if (size > STUB_MEMORY_LIMIT)
		give_up(STUB_NO_MEMORY, "out of memory");
	chunk = malloc(sizeof(Chunk));
	chunk->memory = malloc(sizeof(Chunk *) + size);
	if (chunk == NULL || chunk->memory == NULL)
		abort();
	chunk->context = context;
	chunk->size = size;
	chunk->previous = &chunks;
	chunk->next = chunks.next;
	chunks.next->previous = chunk;
	chunks.next = chunk;
	memcpy(chunk->memory, &chunk, sizeof(chunk));
	/* Not zeros: what reads memory it did not write should go wrong. */
	memset(chunk->memory + sizeof(chunk), 0x7F, Min(size, 64));
	ASAN_POISON_MEMORY_REGION(chunk->memory, sizeof(chunk));
	return chunk->memory + sizeof(chunk);
}

static Chunk *
chunk_of(void *pointer)
{
	char	   *memory = (char *) pointer - sizeof(Chunk *);
	Chunk	   *chunk;

	ASAN_UNPOISON_MEMORY_REGION(memory, sizeof(chunk));
	memcpy(&chunk, memory, sizeof(chunk));
	ASAN_POISON_MEMORY_REGION(memory, sizeof(chunk));
	return chunk;
}

static void
release(Chunk *chunk)
{
	chunk->previous->next = chunk->next;
	chunk->next->previous = chunk->previous;
	ASAN_UNPOISON_MEMORY_REGION(chunk->memory, sizeof(chunk));
	free(chunk->memory);
	free(chunk);
}

void *
palloc(Size size)
{
	return allocate(CurrentMemoryContext, size, MaxAllocSize);
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

void *
MemoryContextAllocHuge(MemoryContext context, Size size)
{
	return allocate(context, size, MaxAllocHugeSize);
}

char *
pnstrdup(const char *in, Size size)
{
	char	   *copy;

	size = strnlen(in, size);
	copy = palloc(size + 1);
	memcpy(copy, in, size);
	copy[size] = '\0';
	return copy;
}

void
pfree(void *pointer)
{
	release(chunk_of(pointer));
}

/* A chunk grows where it is, whatever context is current. */
void *
repalloc(void *pointer, Size size)
{
	Chunk	   *chunk = chunk_of(pointer);
	void	   *larger = allocate(chunk->context, size, MaxAllocSize);

	memcpy(larger, pointer, Min(chunk->size, size));
	release(chunk);
	return larger;
}

MemoryContext
AllocSetContextCreateInternal(MemoryContext parent, const char *name, Size minContextSize,
							  Size initBlockSize, Size maxBlockSize)
{
	/* In the parent, so that it goes with the rest after an error. */
	return allocate(parent, sizeof(MemoryContextData), MaxAllocSize);
}

void
MemoryContextDelete(MemoryContext context)
{
	Chunk	   *chunk;
	Chunk	   *next;

	for (chunk = chunks.next; chunk != &chunks; chunk = next)
	{
		next = chunk->next;
		if (chunk->context == context)
			release(chunk);
	}
	pfree(context);
}

void
stub_free_all(void)
{
	while (chunks.next != &chunks)
		release(chunks.next);
	CurrentMemoryContext = NULL;
}

void
initStringInfo(StringInfo string)
{
	string->maxlen = 1024;
	string->data = palloc(string->maxlen);
	resetStringInfo(string);
}

void
resetStringInfo(StringInfo string)
{
	string->data[0] = '\0';
	string->len = 0;
	string->cursor = 0;
}

void
enlargeStringInfo(StringInfo string, int needed)
{
	Size		size = (Size) string->maxlen;

	if (needed < 0 || (Size) needed >= MaxAllocSize - (Size) string->len)
		give_up(STUB_ERROR, "string buffer exceeds maximum allowed length");
	if (string->len + needed + 1 <= string->maxlen)
		return;
	while (size < (Size) string->len + needed + 1)
		size *= 2;
	size = Min(size, MaxAllocSize);
	string->data = repalloc(string->data, size);
	string->maxlen = (int) size;
}

void
appendBinaryStringInfo(StringInfo string, const char *data, int size)
{
	enlargeStringInfo(string, size);
	memcpy(string->data + string->len, data, size);
	string->len += size;
	string->data[string->len] = '\0';
}

void
appendStringInfo(StringInfo string, const char *format,...)
{
	char		text[256];
	va_list		args;
	int			size;

	va_start(args, format);
	size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	appendBinaryStringInfo(string, text, Min(size, (int) sizeof(text) - 1));
}

bool
errstart(int level, const char *domain)
{
	return true;
}

bool
errstart_cold(int level, const char *domain)
{
	return true;
}

void
errfinish(const char *file, int line, const char *function)
{
	give_up(error_kind, stub_message);
}

int
errcode(int code)
{
	error_kind = code == ERRCODE_DATA_CORRUPTED ? STUB_CORRUPT : STUB_ERROR;
	return 0;
}

int
errmsg(const char *format,...)
{
	stub_message = format;
	return 0;
}

int
errdetail(const char *format,...)
{
	return 0;
}

/* Only rs_encoding_corrupt() has one of these, and its text is what matters. */
int
errdetail_internal(const char *format,...)
{
	va_list		args;

	va_start(args, format);
	stub_message = va_arg(args, const char *);
	va_end(args);
	return 0;
}

/* Looking at catalogs: what needs them is not tested here. */
Oid
getBaseTypeAndTypmod(Oid typid, int32 *typmod)
{
	abort();
}

void
get_typlenbyvalalign(Oid typid, int16 *typlen, bool *typbyval, char *typalign)
{
	abort();
}

char
get_typstorage(Oid typid)
{
	abort();
}

char *
format_type_be(Oid typid)
{
	abort();
}
