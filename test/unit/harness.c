/*
 * harness.c
 *	  TAP output, random numbers from a seed, and a digest of all results.
 */
#include "postgres.h"

#include <stdarg.h>
#include <time.h>

#include "harness.h"

static int	ntests = 0;
static int	nfailed = 0;
static uint64 state;
static uint64 sum = UINT64CONST(0xCBF29CE484222325);
static const char *digest_to = NULL;
static const char *digest_from = NULL;

void
harness_begin(int argc, char **argv)
{
	const char *given = getenv("REDSHIFT_SEED");
	uint64		seed;
	int			i;

	for (i = 1; i < argc; i++)
	{
		if (strncmp(argv[i], "--digest-to=", 12) == 0)
			digest_to = argv[i] + 12;
		else if (strncmp(argv[i], "--digest-from=", 14) == 0)
			digest_from = argv[i] + 14;
		else
			given = argv[i];
	}
	seed = given != NULL && *given != '\0' ? strtoull(given, NULL, 10) : (uint64) time(NULL);
	state = seed;
	setvbuf(stdout, NULL, _IOLBF, 0);
	diag("seed " UINT64_FORMAT, seed);
}

/*
 * Test the digest against the one another build wrote, or write it.
 */
static void
settle_digest(void)
{
	char		theirs[32] = "";
	char		ours[32];
	FILE	   *file;

	snprintf(ours, sizeof(ours), "%016llx\n", (unsigned long long) sum);
	if (digest_from != NULL)
	{
		file = fopen(digest_from, "r");
		if (file != NULL)
		{
			if (fgets(theirs, sizeof(theirs), file) == NULL)
				theirs[0] = '\0';
			fclose(file);
		}
		ok(strcmp(ours, theirs) == 0, "every byte is as the other build made it");
	}
	if (digest_to != NULL)
	{
		file = fopen(digest_to, "w");
		if (file == NULL || fputs(ours, file) < 0 || fclose(file) != 0)
			ok(false, "could not write \"%s\"", digest_to);
	}
}

int
harness_end(void)
{
	settle_digest();
	printf("1..%d\n", ntests);
	if (nfailed > 0)
		diag("%d of %d tests failed", nfailed, ntests);
	return nfailed > 0 || ntests == 0;
}

void
ok(bool passed, const char *format,...)
{
	va_list		args;

	nfailed += !passed;
	printf("%s %d - ", passed ? "ok" : "not ok", ++ntests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

void
diag(const char *format,...)
{
	va_list		args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* splitmix64: any seed will do, 0 and 1 included. */
uint64
rnd(void)
{
	uint64		z = (state += UINT64CONST(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64CONST(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

uint64
rnd_below(uint64 limit)
{
	return limit == 0 ? 0 : rnd() % limit;
}

void
digest(const void *bytes, Size size)
{
	const unsigned char *p = bytes;
	Size		i;

	for (i = 0; i + sizeof(uint64) <= size; i += sizeof(uint64))
	{
		uint64		word;

		memcpy(&word, p + i, sizeof(word));
		sum = (sum ^ word) * UINT64CONST(0x9E3779B97F4A7C15);
		sum ^= sum >> 29;
	}
	for (; i < size; i++)
		sum = (sum ^ p[i]) * UINT64CONST(0x100000001B3);
}
