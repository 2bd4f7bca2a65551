/*
 * generate.c
 *	  TPC-H's eight tables as text: a file a table, | between fields.
 *	  usage: generate SCALE DIR
 *
 * Cardinalities, keys, value ranges and word lists follow clause 4.2 of the
 * specification.  Comments are cut out of one long text made by its grammar, with
 * the words as frequent as they are in its published data.  Every table has a
 * random sequence of its own with a fixed seed, so the files depend on SCALE alone;
 * orders and lineitem share one, because totals and states of orders come from
 * their lines.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TODAY			1263	/* 1995-06-17, in days since 1992-01-01 */
#define LAST_ORDER		2405	/* 1998-08-02: lines of later orders would leave 1998 */
#define TEXT_SIZE		(32 * 1024 * 1024)
#define LONGEST_COMMENT	256
#define LINES_PER_ORDER	7
#define NATIONS			25

/* Choices of equal probability; a word that is n times as likely stands n times. */
typedef struct Choices
{
	int			count;
	const char *words[1024];
} Choices;

static Choices nouns, verbs, adjectives, adverbs, prepositions, auxiliaries, terminators;
static Choices colours, instructions, modes, priorities, segments;
static Choices type_finishes, type_coatings, type_metals, container_sizes, container_kinds;

static const char *const regions[] = {"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"};
static const struct
{
	const char *name;
	int			region;
}			nations[NATIONS] = {
	{"ALGERIA", 0}, {"ARGENTINA", 1}, {"BRAZIL", 1}, {"CANADA", 1}, {"EGYPT", 4},
	{"ETHIOPIA", 0}, {"FRANCE", 3}, {"GERMANY", 3}, {"INDIA", 2}, {"INDONESIA", 2},
	{"IRAN", 4}, {"IRAQ", 4}, {"JAPAN", 2}, {"JORDAN", 4}, {"KENYA", 0}, {"MOROCCO", 0},
	{"MOZAMBIQUE", 0}, {"PERU", 1}, {"CHINA", 2}, {"ROMANIA", 3}, {"SAUDI ARABIA", 4},
	{"VIETNAM", 2}, {"RUSSIA", 3}, {"UNITED KINGDOM", 3}, {"UNITED STATES", 1}
};

static int64_t suppliers, parts, customers, orders;
static double scale;
static char text[TEXT_SIZE + LONGEST_COMMENT];
static uint64_t state;
static FILE *out;
static char row[1024];			/* longer than any row of any table */
static char *at;				/* where the row's next field goes */

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
	return low + (int64_t) ((next() >> 11) % (uint64_t) (high - low + 1));
}

static const char *
pick(const Choices *choices)
{
	return choices->words[between(0, choices->count - 1)];
}

/* Words separated by commas, each with *n behind it if it is n times as likely. */
static void
fill(Choices *choices, const char *list)
{
	char	   *copy = strdup(list);
	char	   *word;

	for (word = strtok(copy, ","); word != NULL; word = strtok(NULL, ","))
	{
		char	   *star = strchr(word, '*');
		int			times = star ? atoi(star + 1) : 1;

		if (star)
			*star = '\0';
		while (times-- > 0)
			choices->words[choices->count++] = word;
	}
}

static void
fill_lists(void)
{
	fill(&nouns, "packages*40,requests*40,accounts*40,deposits*40,foxes*20,ideas*20,"
		 "theodolites*20,pinto beans*20,instructions*20,dependencies*10,excuses*10,"
		 "platelets*10,asymptotes*10,courts*5,dolphins*5,multipliers,sauternes,warthogs,"
		 "frets,dinos,attainments,somas,Tiresias',patterns,forges,braids,hockey players,"
		 "frays,warhorses,dugouts,notornis,epitaphs,pearls,tithes,waters,orbits,gifts,"
		 "sheaves,depths,sentiments,decoys,realms,pains,grouches,escapades");
	fill(&verbs, "sleep*20,wake*20,are*20,cajole*20,haggle*20,nag*10,use*10,boost*10,affix*5,"
		 "detect*5,integrate*5,maintain,nod,was,lose,sublate,solve,thrash,promise,engage,"
		 "hinder,print,x-ray,breach,eat,grow,impress,mold,poach,serve,run,dazzle,snooze,"
		 "doze,unwind,kindle,play,hang,believe,doubt");
	fill(&adjectives, "regular*50,final*40,ironic*40,even*30,bold*20,express*20,unusual*20,"
		 "special*20,pending*20,silent*10,sly*3,furious*2,careful*2,blithe*2,quick*2,fluffy,"
		 "slow,quiet,ruthless,thin,close,dogged,daring,brave,stealthy,permanent,enticing,"
		 "idle,busy");
	fill(&adverbs, "slyly*50,carefully*50,furiously*50,blithely*40,quickly*30,fluffily*20,"
		 "sometimes,always,never,slowly,quietly,ruthlessly,thinly,closely,doggedly,daringly,"
		 "bravely,stealthily,permanently,enticingly,idly,busily,regularly,finally,"
		 "ironically,evenly,boldly,silently");
	fill(&prepositions, "about*10,above*10,according to*10,across*10,after*10,against*8,"
		 "along*8,alongside of*6,among*6,around*4,at*2,atop,before,behind,beneath,beside,"
		 "besides,between,beyond,by,despite,during,except,for,from,in place of,inside,"
		 "instead of,into,near,of,on,outside,over,past,since,through,throughout,to,toward,"
		 "under,until,up,upon,without,with,within");
	fill(&auxiliaries, "do,may,might,shall,will,would,can,could,should,ought to,must,"
		 "will have to,shall have to,could have to,should have to,must have to,need to,"
		 "try to");
	fill(&terminators, ".*50,;,:,?,!,--");
	fill(&colours, "almond,antique,aquamarine,azure,beige,bisque,black,blanched,blue,blush,"
		 "brown,burlywood,burnished,chartreuse,chiffon,chocolate,coral,cornflower,cornsilk,"
		 "cream,cyan,dark,deep,dim,dodger,drab,firebrick,floral,forest,frosted,gainsboro,"
		 "ghost,goldenrod,green,grey,honeydew,hot,indian,ivory,khaki,lace,lavender,lawn,"
		 "lemon,light,lime,linen,magenta,maroon,medium,metallic,midnight,mint,misty,"
		 "moccasin,navajo,navy,olive,orange,orchid,pale,papaya,peach,peru,pink,plum,powder,"
		 "puff,purple,red,rose,rosy,royal,saddle,salmon,sandy,seashell,sienna,sky,slate,"
		 "smoke,snow,spring,steel,tan,thistle,tomato,turquoise,violet,wheat,white,yellow");
	fill(&instructions, "DELIVER IN PERSON,COLLECT COD,NONE,TAKE BACK RETURN");
	fill(&modes, "REG AIR,AIR,RAIL,SHIP,TRUCK,MAIL,FOB");
	fill(&priorities, "1-URGENT,2-HIGH,3-MEDIUM,4-NOT SPECIFIED,5-LOW");
	fill(&segments, "AUTOMOBILE,BUILDING,FURNITURE,MACHINERY,HOUSEHOLD");
	fill(&type_finishes, "STANDARD,SMALL,MEDIUM,LARGE,ECONOMY,PROMO");
	fill(&type_coatings, "ANODIZED,BURNISHED,PLATED,POLISHED,BRUSHED");
	fill(&type_metals, "TIN,NICKEL,BRASS,STEEL,COPPER");
	fill(&container_sizes, "SM,LG,MED,JUMBO,WRAP");
	fill(&container_kinds, "CASE,BOX,BAG,JAR,PKG,PACK,CAN,DRUM");
}

static char *
append(char *to, const char *word, const char *separator)
{
	return stpcpy(stpcpy(to, word), separator);
}

static char *
noun_phrase(char *to)
{
	int			form = (int) between(0, 3);

	if (form == 1)
		to = append(to, pick(&adverbs), " ");
	if (form == 2)
		to = append(to, pick(&adjectives), ", ");
	if (form > 0)
		to = append(to, pick(&adjectives), " ");
	return append(to, pick(&nouns), "");
}

static char *
verb_phrase(char *to)
{
	int			form = (int) between(0, 3);

	if (form & 1)
		to = append(to, pick(&auxiliaries), " ");
	to = append(to, pick(&verbs), "");
	if (form & 2)
		to = append(append(to, " ", ""), pick(&adverbs), "");
	return to;
}

static char *
prepositional_phrase(char *to)
{
	return noun_phrase(append(to, pick(&prepositions), " the "));
}

static void
fill_text(void)
{
	char	   *to = text;
	char		sentence[1024];

	state = 1;
	while (to < text + sizeof(text))
	{
		int			form = (int) between(0, 4);
		char	   *end = noun_phrase(sentence);
		size_t		length;

		*end++ = ' ';
		if (form >= 3)
		{
			end = prepositional_phrase(end);
			*end++ = ' ';
		}
		end = verb_phrase(end);
		if (form > 0)
			*end++ = ' ';
		if (form == 1 || form == 4)
			end = prepositional_phrase(end);
		else if (form > 0)
			end = noun_phrase(end);
		end = append(end, pick(&terminators), " ");
		length = end - sentence;
		if (length > (size_t) (text + sizeof(text) - to))
			length = text + sizeof(text) - to;
		memcpy(to, sentence, length);
		to += length;
	}
}

static void
put_text(const char *string)
{
	at = append(at, string, "|");
}

static void
put_digits(uint64_t number, int width)
{
	char		digits[20];
	int			n = 0;

	do
		digits[n++] = (char) ('0' + number % 10);
	while ((number /= 10) != 0 || n < width);
	while (n > 0)
		*at++ = digits[--n];
}

static void
put_integer(int64_t number)
{
	put_digits((uint64_t) number, 1);
	*at++ = '|';
}

/* A number of hundredths. */
static void
put_money(int64_t cents)
{
	if (cents < 0)
	{
		*at++ = '-';
		cents = -cents;
	}
	put_digits((uint64_t) cents / 100, 1);
	*at++ = '.';
	put_digits((uint64_t) cents % 100, 2);
	*at++ = '|';
}

static void
put_numbered(const char *name, int64_t number)
{
	at = stpcpy(at, name);
	put_digits((uint64_t) number, 9);
	*at++ = '|';
}

/* Days since 1992-01-01; the years up to 1998 have no exception to their rule. */
static void
put_date(int day)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int			year = 1992 + day / 1461 * 4;
	int			month = 0;

	day %= 1461;
	for (; day >= (year % 4 == 0 ? 366 : 365); year++)
		day -= year % 4 == 0 ? 366 : 365;
	for (;; month++)
	{
		int			days = lengths[month] + (month == 1 && year % 4 == 0);

		if (day < days)
			break;
		day -= days;
	}
	put_digits((uint64_t) year, 4);
	*at++ = '-';
	put_digits((uint64_t) month + 1, 2);
	*at++ = '-';
	put_digits((uint64_t) day + 1, 2);
	*at++ = '|';
}

static void
put_address(void)
{
	static const char letters[] =
		"0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,";
	int64_t		length = between(10, 40);

	while (length-- > 0)
		*at++ = letters[between(0, (int64_t) sizeof(letters) - 2)];
	*at++ = '|';
}

static void
put_phone(int64_t nation)
{
	put_digits((uint64_t) nation + 10, 2);
	*at++ = '-';
	put_digits((uint64_t) between(100, 999), 3);
	*at++ = '-';
	put_digits((uint64_t) between(100, 999), 3);
	*at++ = '-';
	put_digits((uint64_t) between(1000, 9999), 4);
	*at++ = '|';
}

/* The last field of every table; where it starts. */
static char *
put_comment(int low, int high)
{
	char	   *start = at;
	int64_t		length = between(low, high);

	memcpy(at, text + between(0, TEXT_SIZE - 1), length);
	at += length;
	*at++ = '|';
	return start;
}

/* Write the row, without the separator that stands behind its last field. */
static void
end_row(FILE *file)
{
	at[-1] = '\n';
	fwrite(row, 1, at - row, file);
	at = row;
}

static FILE *
open_table(const char *dir, const char *table)
{
	char		path[4096];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s.tbl", dir, table);
	file = fopen(path, "w");
	if (file == NULL)
	{
		perror(path);
		exit(1);
	}
	return file;
}

static void
close_table(FILE *file)
{
	if (ferror(file) || fclose(file) != 0)
	{
		perror("cannot write");
		exit(1);
	}
}

static int64_t
retail_price(int64_t part)
{
	return 90000 + part / 10 % 20001 + 100 * (part % 1000);
}

/* The n-th of the four suppliers of a part. */
static int64_t
part_supplier(int64_t part, int64_t n)
{
	return (part + n * (suppliers / 4 + (part - 1) / suppliers)) % suppliers + 1;
}

static void
write_region(void)
{
	int			key;

	for (key = 0; key < 5; key++)
	{
		put_integer(key);
		put_text(regions[key]);
		put_comment(31, 115);
		end_row(out);
	}
}

static void
write_nation(void)
{
	int			key;

	for (key = 0; key < NATIONS; key++)
	{
		put_integer(key);
		put_text(nations[key].name);
		put_integer(nations[key].region);
		put_comment(31, 114);
		end_row(out);
	}
}

/* Five suppliers per unit of scale are complained about, five others recommended. */
static void
write_supplier(void)
{
	int64_t		praised = (int64_t) (5 * scale + 0.5);
	int64_t		key;

	for (key = 1; key <= suppliers; key++)
	{
		/* spread over the keys in order, so that the number is exact */
		int64_t		before = (key - 1) * 2 * praised / suppliers;
		int64_t		after = key * 2 * praised / suppliers;
		int64_t		nation = between(0, NATIONS - 1);
		char	   *comment;

		put_integer(key);
		put_numbered("Supplier#", key);
		put_address();
		put_integer(nation);
		put_phone(nation);
		put_money(between(-99999, 999999));
		comment = put_comment(25, 100);
		if (after > before)
		{
			const char *end = after % 2 ? "Complaints" : "Recommends";
			int64_t		room = at - 1 - comment - 18;
			int64_t		gap = between(0, room);
			int64_t		start = between(0, room - gap);

			memcpy(comment + start, "Customer", 8);
			memcpy(comment + start + 8 + gap, end, 10);
		}
		end_row(out);
	}
}

static void
write_part(void)
{
	int64_t		key;

	for (key = 1; key <= parts; key++)
	{
		int64_t		manufacturer = between(1, 5);
		const char *name[5];
		int			n = 0;

		put_integer(key);
		while (n < 5)
		{
			int			i = 0;

			name[n] = pick(&colours);
			while (name[i] != name[n])
				i++;
			if (i < n)
				continue;		/* the five differ */
			at = append(at, name[n], n < 4 ? " " : "|");
			n++;
		}
		at += sprintf(at, "Manufacturer#%d|", (int) manufacturer);
		at += sprintf(at, "Brand#%d%d|", (int) manufacturer, (int) between(1, 5));
		at = append(at, pick(&type_finishes), " ");
		at = append(at, pick(&type_coatings), " ");
		at = append(at, pick(&type_metals), "|");
		put_integer(between(1, 50));
		at = append(at, pick(&container_sizes), " ");
		at = append(at, pick(&container_kinds), "|");
		put_money(retail_price(key));
		put_comment(5, 22);
		end_row(out);
	}
}

static void
write_partsupp(void)
{
	int64_t		part;
	int			n;

	for (part = 1; part <= parts; part++)
		for (n = 0; n < 4; n++)
		{
			put_integer(part);
			put_integer(part_supplier(part, n));
			put_integer(between(1, 9999));
			put_money(between(100, 100000));
			put_comment(49, 198);
			end_row(out);
		}
}

static void
write_customer(void)
{
	int64_t		key;

	for (key = 1; key <= customers; key++)
	{
		int64_t		nation = between(0, NATIONS - 1);

		put_integer(key);
		put_numbered("Customer#", key);
		put_address();
		put_integer(nation);
		put_phone(nation);
		put_money(between(-99999, 999999));
		put_text(pick(&segments));
		put_comment(29, 116);
		end_row(out);
	}
}

/* The lines of an order; its total in hundredths of cents, and how many are shipped. */
static int64_t
write_lines(FILE *file, int64_t key, int order_day, int lines, int *shipped)
{
	int64_t		total = 0;
	int			line;

	*shipped = 0;
	for (line = 1; line <= lines; line++)
	{
		int64_t		part = between(1, parts);
		int64_t		quantity = between(1, 50);
		int64_t		price = quantity * retail_price(part);
		int64_t		discount = between(0, 10);
		int64_t		tax = between(0, 8);
		int			ship = order_day + (int) between(1, 121);
		int			commit = order_day + (int) between(30, 90);
		int			receipt = ship + (int) between(1, 30);

		put_integer(key);
		put_integer(part);
		put_integer(part_supplier(part, between(0, 3)));
		put_integer(line);
		put_integer(quantity);
		put_money(price);
		put_money(discount);
		put_money(tax);
		put_text(receipt > TODAY ? "N" : between(0, 1) ? "R" : "A");
		put_text(ship > TODAY ? "O" : "F");
		put_date(ship);
		put_date(commit);
		put_date(receipt);
		put_text(pick(&instructions));
		put_text(pick(&modes));
		put_comment(10, 43);
		end_row(file);
		total += price * (100 - discount) * (100 + tax);
		*shipped += ship <= TODAY;
	}
	return total;
}

static void
write_orders(FILE *lineitem)
{
	int64_t		clerks = (int64_t) (1000 * scale) > 0 ? (int64_t) (1000 * scale) : 1;
	int64_t		order;

	for (order = 1; order <= orders; order++)
	{
		int64_t		key = order / 8 * 32 + order % 8;	/* 8 of every 32 are used */
		int			day = (int) between(0, LAST_ORDER);
		int			lines = (int) between(1, LINES_PER_ORDER);
		int			shipped;
		int64_t		total = write_lines(lineitem, key, day, lines, &shipped);
		int64_t		customer;

		/* every third customer has never ordered */
		do
			customer = between(1, customers);
		while (customer % 3 == 0);
		put_integer(key);
		put_integer(customer);
		put_text(shipped == lines ? "F" : shipped == 0 ? "O" : "P");
		put_money((total + 5000) / 10000);
		put_date(day);
		put_text(pick(&priorities));
		put_numbered("Clerk#", between(1, clerks));
		put_integer(0);
		put_comment(19, 78);
		end_row(out);
	}
}

static void
write_table(const char *dir, const char *table, void (*write) (void))
{
	out = open_table(dir, table);
	write();
	close_table(out);
}

int
main(int argc, char **argv)
{
	const char *dir;
	FILE	   *lineitem;

	if (argc != 3 || (scale = atof(argv[1])) < 0.001)
	{
		fprintf(stderr, "usage: generate SCALE DIR (SCALE is 0.001 at least)\n");
		return 2;
	}
	dir = argv[2];
	suppliers = (int64_t) (10000 * scale);
	parts = (int64_t) (200000 * scale);
	customers = (int64_t) (150000 * scale);
	orders = (int64_t) (1500000 * scale);
	fill_lists();
	fill_text();

	at = row;
	state = 2;
	write_table(dir, "region", write_region);
	write_table(dir, "nation", write_nation);
	state = 3;
	write_table(dir, "supplier", write_supplier);
	state = 4;
	write_table(dir, "part", write_part);
	state = 5;
	write_table(dir, "partsupp", write_partsupp);
	state = 6;
	write_table(dir, "customer", write_customer);
	state = 7;
	out = open_table(dir, "orders");
	lineitem = open_table(dir, "lineitem");
	write_orders(lineitem);
	close_table(lineitem);
	close_table(out);
	return 0;
}
