/*
 * file_location.c
 *	  Files of the server's machine, as file:///absolute/path.
 *
 * They are for those who may use COPY with files: members of pg_read_server_files and
 * pg_write_server_files.  A path is taken as it stands, without percent signs decoded.
 * Names behave as an object store's do: a prefix stands for every file below, in whatever
 * directory, whose path begins so, and writing a file makes the directories it needs.
 *
 * A file is written under a temporary name beside its own, which listings pass over, and
 * gets its name, on disk, when it is finished.  Descriptors are fd.c's virtual ones, so that there
 * may be many; a memory context's callback closes them, and removes what was not finished.
 */
#include "postgres.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/pg_authid.h"
#include "common/file_perm.h"
#include "load/file_location.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/acl.h"
#include "utils/wait_event.h"

#define SCHEME			"file://"
#define TEMPORARY_NAME	".redshift_ext-"
#define MAX_DEPTH		64		/* of directories below a prefix */
#define WRITE_BUFFER	(128 * 1024)

typedef struct FileInput
{
	RsInput		input;
	File		file;			/* 0: closed, as fd.c has no such number */
	MemoryContextCallback release;
} FileInput;

typedef struct FileOutput
{
	RsOutput	output;
	const char *path;
	char	   *temporary_path;
	Size		made_from;		/* directories of path longer than this were made for it */
	File		file;			/* 0: closed */
	off_t		flushed;
	Size		buffered;
	char	   *buffer;
	bool		finished;
	MemoryContextCallback release;
} FileOutput;

static const char *
path_of(const char *url)
{
	const char *path = url + strlen(SCHEME);

	if (pg_strncasecmp(url, SCHEME, strlen(SCHEME)) != 0 || !is_absolute_path(path))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" names no file by its absolute path", url),
				errhint("Files of the server are written file:///directory/name."));
	if (strlen(path) >= MAXPGPATH)
		ereport(ERROR,
				errcode(ERRCODE_NAME_TOO_LONG),
				errmsg("path of \"%.100s...\" is too long", url));
	return path;
}

/*
 * Reading.
 */
static void
release_input(void *arg)
{
	FileInput  *input = arg;

	if (input->file > 0)
		FileClose(input->file);
	input->file = 0;
}

static void
close_input(RsInput *input)
{
	release_input(input);
}

static Size
read_input(RsInput *base, uint64 offset, char *buffer, Size size)
{
	FileInput  *input = (FileInput *) base;
	Size		done = 0;

	if (offset >= (uint64) base->size)
		return 0;
	size = Min(size, (uint64) base->size - offset);
	while (done < size)
	{
		int			want = Min(size - done, 1024 * 1024);
		int			got;

		CHECK_FOR_INTERRUPTS();
		got = FileRead(input->file, buffer + done, want, offset + done, WAIT_EVENT_COPY_FILE_READ);
		if (got < 0)
			ereport(ERROR,
					errcode_for_file_access(),
					errmsg("could not read file \"%s\" at offset %llu: %m", base->name,
						   (unsigned long long) (offset + done)));
		if (got == 0)
			ereport(ERROR,
					errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("file \"%s\" became shorter while it was read", base->name));
		done += got;
	}
	return done;
}

static void
expect_input(RsInput *base, const RsByteRange *ranges, int nranges)
{
	FileInput  *input = (FileInput *) base;

	for (int i = 0; i < nranges; i++)
		if (ranges[i].offset < (uint64) base->size)
			(void) FilePrefetch(input->file, ranges[i].offset, Min(ranges[i].size, INT_MAX),
								WAIT_EVENT_COPY_FILE_READ);
}

/* Whoever changes a file changes its time, or puts another inode in its place. */
static char *
version_of(const struct stat *status)
{
	return psprintf("%llu-%lld.%09ld", (unsigned long long) status->st_ino,
					(long long) status->st_mtim.tv_sec, (long) status->st_mtim.tv_nsec);
}

static RsObject *
make_object(const char *url, const struct stat *status)
{
	RsObject   *object = palloc(sizeof(RsObject));

	object->url = pstrdup(url);
	object->size = status->st_size;
	object->version = version_of(status);
	return object;
}

static RsObject *
find_file(RsLocation *location, const char *url)
{
	struct stat status;

	if (stat(path_of(url), &status) != 0)
	{
		if (errno == ENOENT || errno == ENOTDIR)
			return NULL;
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not stat file \"%s\": %m", url));
	}
	if (!S_ISREG(status.st_mode))
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" is not a regular file", url));
	return make_object(url, &status);
}

static RsInput *
open_input(RsLocation *location, const RsObject *object)
{
	FileInput  *input = palloc0(sizeof(FileInput));
	const char *url = object->url;
	struct stat status;

	/* Before it is opened: that would wait for a pipe's other end. */
	if (find_file(location, url) != NULL)
		input->file = PathNameOpenFile(path_of(url), O_RDONLY | PG_BINARY);
	if (input->file <= 0 || fstat(FileGetRawDesc(input->file), &status) != 0)
	{
		int			save_errno = errno;

		release_input(input);
		errno = save_errno;
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not open file \"%s\" for reading: %m", url));
	}
	input->release.func = release_input;
	input->release.arg = input;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &input->release);
	if ((object->size >= 0 && status.st_size != object->size) ||
		(object->version != NULL && strcmp(object->version, version_of(&status)) != 0))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("file \"%s\" has changed since it was listed", url));
	input->input.name = pstrdup(url);
	input->input.size = status.st_size;
	input->input.seekable = true;
	input->input.read = read_input;
	input->input.expect = expect_input;
	input->input.close = close_input;
	return &input->input;
}

/*
 * Writing.
 */

/* Remove directories that were made for the path, as far as they are empty. */
static void
remove_directories(const char *path, Size made_from)
{
	char		directory[MAXPGPATH];

	strlcpy(directory, path, MAXPGPATH);
	for (;;)
	{
		char	   *slash = strrchr(directory, '/');

		if (slash == NULL || (Size) (slash - directory) <= made_from)
			break;
		*slash = '\0';
		if (rmdir(directory) != 0)
			break;
	}
}

/* The length of the longest of the path's directories that was there before. */
static Size
make_directories(const char *url, const char *path)
{
	char		directory[MAXPGPATH];
	Size		made_from = 0;
	bool		made = false;

	strlcpy(directory, path, MAXPGPATH);
	for (char *slash = strchr(directory + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
	{
		*slash = '\0';
		if (MakePGDirectory(directory) == 0)
			made = true;
		else if (errno != EEXIST)
		{
			int			save_errno = errno;

			if (made)
				remove_directories(directory, made_from);
			errno = save_errno;
			ereport(ERROR,
					errcode_for_file_access(),
					errmsg("could not create directory \"%s\" for file \"%s\": %m", directory, url));
		}
		if (!made)
			made_from = slash - directory;
		*slash = '/';
	}
	return made ? made_from : strlen(path);
}

static void
release_output(void *arg)
{
	FileOutput *output = arg;

	if (output->file > 0)
		FileClose(output->file);
	output->file = 0;
	if (output->finished)
		return;
	output->finished = true;
	(void) unlink(output->temporary_path);
	remove_directories(output->path, output->made_from);
}

static void pg_attribute_noreturn()
write_failed(FileOutput *output)
{
	/* If a write was short without an error, the disk is full. */
	if (errno == 0)
		errno = ENOSPC;
	ereport(ERROR,
			errcode_for_file_access(),
			errmsg("could not write file \"%s\": %m", output->output.name));
}

static void
write_file(FileOutput *output, const char *data, Size size)
{
	while (size > 0)
	{
		int			want = Min(size, 1024 * 1024);

		CHECK_FOR_INTERRUPTS();
		errno = 0;
		if (FileWrite(output->file, unconstify(char *, data), want, output->flushed,
					  WAIT_EVENT_COPY_FILE_WRITE) != want)
			write_failed(output);
		output->flushed += want;
		data += want;
		size -= want;
	}
}

static void
flush_buffer(FileOutput *output)
{
	Size		size = output->buffered;

	output->buffered = 0;
	write_file(output, output->buffer, size);
}

static void
write_output(RsOutput *base, const char *data, Size size)
{
	FileOutput *output = (FileOutput *) base;

	if (size > WRITE_BUFFER - output->buffered)
		flush_buffer(output);
	if (size >= WRITE_BUFFER)
		write_file(output, data, size);
	else
	{
		memcpy(output->buffer + output->buffered, data, size);
		output->buffered += size;
	}
	base->written += size;
}

static void
finish_output(RsOutput *base)
{
	FileOutput *output = (FileOutput *) base;

	flush_buffer(output);
	if (FileSync(output->file, WAIT_EVENT_COPY_FILE_WRITE) != 0)
		write_failed(output);
	FileClose(output->file);
	output->file = 0;
	durable_rename(output->temporary_path, output->path, ERROR);
	output->finished = true;
}

static char *
temporary_path_for(const char *path)
{
	static uint32 number = 0;
	int			directory_size = strrchr(path, '/') + 1 - path;

	return psprintf("%.*s%s%d-%u", directory_size, path, TEMPORARY_NAME, MyProcPid, number++);
}

static RsOutput *
open_output(RsLocation *location, const char *url)
{
	FileOutput *output = palloc0(sizeof(FileOutput));

	output->path = path_of(pstrdup(url));
	if (output->path[strlen(output->path) - 1] == '/')
		ereport(ERROR,
				errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" names a directory", url));
	output->output.name = pstrdup(url);
	output->output.write = write_output;
	output->output.finish = finish_output;
	output->buffer = palloc(WRITE_BUFFER);
	output->temporary_path = temporary_path_for(output->path);

	output->made_from = make_directories(url, output->path);
	output->release.func = release_output;
	output->release.arg = output;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &output->release);
	(void) unlink(output->temporary_path);	/* of a process of the same number, before a crash */
	output->file = PathNameOpenFile(output->temporary_path, O_RDWR | O_CREAT | O_EXCL | PG_BINARY);

	/* Others may read it, as they may what COPY writes. */
	if (output->file <= 0 ||
		fchmod(FileGetRawDesc(output->file), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) != 0)
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not open file \"%s\" for writing: %m", url));
	return &output->output;
}

static void
remove_file(RsLocation *location, const char *url)
{
	if (unlink(path_of(url)) != 0 && errno != ENOENT)
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not remove file \"%s\": %m", url));
}

/*
 * Listing.
 */
static List *list_directory(List *objects, const char *directory, const char *prefix, int depth);

static List *
list_entry(List *objects, const char *directory, const char *name, int depth)
{
	char	   *path = psprintf("%s%s", directory, name);
	struct stat status;

	if (lstat(path, &status) != 0)
	{
		if (errno == ENOENT)
			return objects;		/* removed meanwhile */
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not stat file \"%s\": %m", path));
	}
	if (S_ISDIR(status.st_mode))
	{
		if (depth >= MAX_DEPTH)
			ereport(ERROR,
					errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("directory \"%s\" is too deep below the prefix", path));
		return list_directory(objects, psprintf("%s/", path), "", depth + 1);
	}
	/* A link to a file is a file; one to a directory might lead back. */
	if (S_ISLNK(status.st_mode) && stat(path, &status) != 0)
		return objects;
	if (!S_ISREG(status.st_mode))
		return objects;
	return lappend(objects, make_object(psprintf("%s%s", SCHEME, path), &status));
}

/* Append files of a directory, whose path ends with a slash, that begin with the prefix. */
static List *
list_directory(List *objects, const char *directory, const char *prefix, int depth)
{
	DIR		   *dir = AllocateDir(directory);
	struct dirent *entry;

	if (dir == NULL && (errno == ENOENT || errno == ENOTDIR))
		return objects;
	while ((entry = ReadDir(dir, directory)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
			strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			strncmp(entry->d_name, TEMPORARY_NAME, strlen(TEMPORARY_NAME)) == 0)
			continue;
		objects = list_entry(objects, directory, entry->d_name, depth);
	}
	FreeDir(dir);
	return objects;
}

static int
compare_objects(const ListCell *a, const ListCell *b)
{
	return strcmp(((RsObject *) lfirst(a))->url, ((RsObject *) lfirst(b))->url);
}

static List *
list_files(RsLocation *location, const char *prefix)
{
	const char *path = path_of(prefix);
	const char *name = strrchr(path, '/') + 1;
	List	   *objects;

	objects = list_directory(NIL, pnstrdup(path, name - path), name, 0);
	list_sort(objects, compare_objects);
	return objects;
}

RsLocation *
rs_file_location_open(const char *url, List *options, bool for_writing)
{
	RsLocation *location;

	(void) path_of(url);
	if (!has_privs_of_role(GetUserId(),
						   for_writing ? ROLE_PG_WRITE_SERVER_FILES : ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied for files of the server"),
				for_writing
				? errdetail("Only roles with privileges of \"%s\" may write them.", "pg_write_server_files")
				: errdetail("Only roles with privileges of \"%s\" may read them.", "pg_read_server_files"));
	location = palloc(sizeof(RsLocation));
	location->list = list_files;
	location->find = find_file;
	location->read = open_input;
	location->write = open_output;
	location->remove = remove_file;
	return location;
}
