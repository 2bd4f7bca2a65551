/*
 * fault.c
 *	  Places where tests let a server fail.
 *
 * A test writes a file, named like the place, into the directory that
 * redshift.fault_directory gives.  The first process that comes there takes the file
 * away, so that it fails once, also when the server starts anew after that, and does what
 * the file says:
 *
 *		error			raises an error
 *		fatal			ends the session
 *		kill			ends the process like kill -9, so that the postmaster starts anew
 *		sleep 500		waits so many milliseconds
 *
 * A number behind that, as in "kill 3" or "sleep 500 3", is how often a process must have
 * come there.
 */
#include "postgres.h"

#include <signal.h>
#include <unistd.h>

#include "core/fault.h"
#include "miscadmin.h"
#include "storage/fd.h"

#define MOST_POINTS		64

static struct
{
	const char *name;
	int			times;
}			visits[MOST_POINTS];

static int
count_visit(const char *name)
{
	int			i;

	for (i = 0; i < MOST_POINTS; i++)
	{
		if (visits[i].name == NULL)
			visits[i].name = name;
		if (strcmp(visits[i].name, name) == 0)
			return ++visits[i].times;
	}
	return 1;
}

/*
 * What the file says; false if there is none, or it is not its turn yet.
 */
static bool
read_order(const char *name, char *order, Size size, int *milliseconds)
{
	char		path[MAXPGPATH];
	FILE	   *file;
	int			read;
	int			wanted = 1;

	snprintf(path, sizeof(path), "%s/%s", rs_fault_directory, name);
	file = fopen(path, "r");
	if (file == NULL)
		return false;
	order[0] = '\0';
	read = fscanf(file, "%15s", order);
	if (read == 1 && strcmp(order, "sleep") == 0)
		read = fscanf(file, "%d", milliseconds);
	if (read == 1 && fscanf(file, "%d", &wanted) != 1)
		wanted = 1;
	fclose(file);
	return count_visit(name) >= wanted && unlink(path) == 0;
}

void
rs_fault_point(const char *name)
{
	char		order[16];
	int			milliseconds = 0;

	if (!read_order(name, order, sizeof(order), &milliseconds))
		return;
	ereport(LOG, (errmsg("fault \"%s\" at \"%s\"", order, name)));
	if (strcmp(order, "kill") == 0)
		kill(MyProcPid, SIGKILL);
	else if (strcmp(order, "sleep") == 0)
		pg_usleep(milliseconds * 1000L);
	else
		ereport(strcmp(order, "fatal") == 0 ? FATAL : ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("fault at \"%s\", as redshift.fault_directory asks", name)));
}
