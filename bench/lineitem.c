/*
 * lineitem.c
 *	  TPC-H's lineitem as text: fields separated by |, about 6,000,000 rows per
 *	  unit of scale.  usage: lineitem SCALE > file
 *
 * Column distributions follow clause 4.2.3 of the specification; comments are
 * made of its grammar's words, so that they compress as the real ones do.
 * Deterministic.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 42;

static uint64_t
next(void)
{
	/* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

static int64_t
between(int64_t low, int64_t high)
{
	return low + (int64_t) (next() % (uint64_t) (high - low + 1));
}

#define PICK(list) list[between(0, (int64_t) (sizeof(list) / sizeof(list[0])) - 1)]

static const char *const nouns[] = {
	"foxes", "ideas", "theodolites", "pinto beans", "instructions", "dependencies", "excuses",
	"platelets", "asymptotes", "courts", "dolphins", "multipliers", "sauternes", "warthogs",
	"frets", "dinos", "attainments", "somas", "Tiresias'", "patterns", "forges", "braids",
	"hockey players", "frays", "warhorses", "dugouts", "notornis", "epitaphs", "pearls",
	"tithes", "waters", "orbits", "gifts", "sheaves", "depths", "sentiments", "decoys",
	"realms", "pains", "grouches", "escapades", "packages", "requests", "accounts", "deposits"
};
static const char *const verbs[] = {
	"sleep", "wake", "are", "cajole", "haggle", "nag", "use", "boost", "affix", "detect",
	"integrate", "maintain", "nod", "was", "lose", "sublate", "solve", "thrash", "promise",
	"engage", "hinder", "print", "x-ray", "breach", "eat", "grow", "impress", "mold",
	"poach", "serve", "run", "dazzle", "snooze", "doze", "unwind", "kindle", "play", "hang",
	"believe", "doubt"
};
static const char *const adjectives[] = {
	"furious", "sly", "careful", "blithe", "quick", "fluffy", "slow", "quiet", "ruthless",
	"thin", "close", "dogged", "daring", "brave", "stealthy", "permanent", "enticing",
	"idle", "busy", "regular", "final", "ironic", "even", "bold", "silent", "special",
	"pending", "unusual", "express"
};
static const char *const adverbs[] = {
	"sometimes", "always", "never", "furiously", "slyly", "carefully", "blithely", "quickly",
	"fluffily", "slowly", "quietly", "ruthlessly", "thinly", "closely", "doggedly",
	"daringly", "bravely", "stealthily", "permanently", "enticingly", "idly", "busily",
	"regularly", "finally", "ironically", "evenly", "boldly", "silently"
};
static const char *const prepositions[] = {
	"about", "above", "according to", "across", "after", "against", "along", "among",
	"around", "at", "before", "behind", "beneath", "beside", "besides", "between", "beyond",
	"by", "despite", "during", "except", "for", "from", "inside", "instead of", "into",
	"near", "of", "on", "outside", "over", "past", "since", "through", "throughout", "to",
	"toward", "under", "until", "up", "upon", "without", "with", "within"
};
static const char *const instructions[] = {
	"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"
};
static const char *const modes[] = {
	"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"
};

#define POOL	(1 << 20)
static char pool[POOL + 256];

/* A megabyte of sentences that comments are cut out of, as the generator does. */
static void
fill_pool(void)
{
	int			n = 0;

	while (n < POOL)
		n += snprintf(pool + n, sizeof(pool) - n, "%s %s %s %s %s the %s %s%s",
					  PICK(adverbs), PICK(adjectives), PICK(nouns), PICK(verbs),
					  PICK(prepositions), PICK(adjectives), PICK(nouns),
					  between(0, 1) ? ". " : "; ");
}

/* Day number since 1992-01-01 as a date. */
static void
put_date(char *to, int day)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int			year = 1992;
	int			month = 0;

	for (;; year++)
	{
		int			days = year % 4 == 0 ? 366 : 365;

		if (day < days)
			break;
		day -= days;
	}
	for (;; month++)
	{
		int			days = lengths[month] + (month == 1 && year % 4 == 0);

		if (day < days)
			break;
		day -= days;
	}
	snprintf(to, 11, "%04d-%02d-%02d", year, month + 1, day + 1);
}

int
main(int argc, char **argv)
{
	double		scale = argc > 1 ? atof(argv[1]) : 1;
	int64_t		orders = (int64_t) (1500000 * scale);
	int64_t		parts = (int64_t) (200000 * scale) > 0 ? (int64_t) (200000 * scale) : 1;
	int64_t		suppliers = (int64_t) (10000 * scale) > 0 ? (int64_t) (10000 * scale) : 1;
	int			today = 1263;	/* 1995-06-17 */
	int64_t		order;

	fill_pool();
	for (order = 0; order < orders; order++)
	{
		int64_t		key = order / 8 * 32 + order % 8 + 1;
		int			order_day = (int) between(0, 2405);
		int			lines = (int) between(1, 7);
		int			line;

		for (line = 1; line <= lines; line++)
		{
			int64_t		part = between(1, parts);
			int64_t		quantity = between(1, 50);
			int64_t		price = 90000 + part / 10 % 20001 + 100 * (part % 1000);
			int			ship = order_day + (int) between(1, 121);
			int			commit = order_day + (int) between(30, 90);
			int			receipt = ship + (int) between(1, 30);
			int			length = (int) between(10, 43);
			char		dates[3][11];

			put_date(dates[0], ship);
			put_date(dates[1], commit);
			put_date(dates[2], receipt);
			printf("%lld|%lld|%lld|%d|%lld|%lld.%02lld|0.%02lld|0.%02lld|%s|%s|%s|%s|%s|%s|%s|%.*s\n",
				   (long long) key, (long long) part,
				   (long long) ((part + line * (suppliers / 4 + (part - 1) / suppliers)) % suppliers + 1),
				   line, (long long) quantity, (long long) (price * quantity / 100),
				   (long long) (price * quantity % 100), (long long) between(0, 10),
				   (long long) between(0, 8),
				   receipt <= today ? (between(0, 1) ? "R" : "A") : "N", ship > today ? "O" : "F",
				   dates[0], dates[1], dates[2], PICK(instructions), PICK(modes),
				   length, pool + between(0, POOL - 64));
		}
	}
	return 0;
}
