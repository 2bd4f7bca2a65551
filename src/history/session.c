/*
 * session.c
 *	  Sessions and users, for the history.
 *
 * A session is told of when its client has been let in, or not, and when it ends.  At the
 * beginning its database is known by name only: the writer looks for it (writer.c).  Clients of
 * Redshift's port are known by the address that the endpoint gives.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xlog.h"
#include "catalog/pg_authid.h"
#include "compat/protocol.h"
#include "core/settings.h"
#include "history/ring.h"
#include "history/session.h"
#include "history/statement.h"
#include "libpq/auth.h"
#include "libpq/hba.h"
#include "libpq/libpq.h"
#include "miscadmin.h"
#include "mpp/session/acting.h"
#include "nodes/parsenodes.h"
#include "replication/walsender.h"
#include "storage/ipc.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

struct RsUserChange
{
	const char *action;
	char	   *name;
	char	   *old_name;		/* of one that gets another */
	Form_pg_authid role;		/* as it was; NULL: look at it afterwards */
};

static ClientAuthentication_hook_type next_authentication = NULL;
static const char *method = ""; /* how the client was authenticated */

/* ---------------------------------------------------------------------
 * Sessions
 * ---------------------------------------------------------------------
 */

static void
put_event(const char *event, Port *port, TimestampTz since, Oid user)
{
	TimestampTz now = GetCurrentTimestamp();
	const char *address = GetConfigOption("redshift.client_address", true, false);
	bool		known = address != NULL && address[0] != '\0';

	rs_history_begin(RS_HISTORY_CONNECTION, user, MyDatabaseId);
	rs_history_text(port->database_name);
	rs_history_text(event);
	if (OidIsValid(user))
		rs_history_int((int32) user);
	else
		rs_history_null();
	rs_history_time(now);
	rs_history_text(known ? address : port->remote_host);
	rs_history_text(known ? "" : port->remote_port);
	rs_history_int(MyProcPid);
	rs_history_text(port->user_name);
	rs_history_text(method);
	rs_history_int(since == 0 ? 0 : now - since);
#ifdef USE_SSL
	rs_history_text(port->ssl_in_use ? be_tls_get_version(port) : "");
	rs_history_text(port->ssl_in_use ? be_tls_get_cipher(port) : "");
#else
	rs_history_text("");
	rs_history_text("");
#endif
	rs_history_text(application_name);
	rs_history_time(MyStartTimestamp);
	rs_history_end();
}

static void
session_ends(int code, Datum arg)
{
	if (MyProcPort != NULL && OidIsValid(MyDatabaseId) && rs_history && !rs_acting_for_leader())
		put_event("disconnecting session", MyProcPort, MyStartTimestamp, GetAuthenticatedUserId());
}

static void
authenticated(Port *port, int status)
{
	if (next_authentication)
		next_authentication(port, status);
	/* The line of pg_hba.conf is forgotten soon. */
	if (port->hba != NULL)
		method = hba_authname(port->hba->auth_method);
	if (!rs_history || !rs_history_ring_exists() || am_walsender || IsBinaryUpgrade || RecoveryInProgress())
		return;
	if (status != STATUS_OK)
	{
		put_event("authentication failure", port, MyStartTimestamp, InvalidOid);
		return;
	}
	put_event("initiating session", port, 0, InvalidOid);
	put_event("authenticated", port, MyStartTimestamp, InvalidOid);
	before_shmem_exit(session_ends, (Datum) 0);
}

/* ---------------------------------------------------------------------
 * Users
 * ---------------------------------------------------------------------
 */

/*
 * A role as the catalogs have it now, in the current context; NULL: there is none.
 */
static Form_pg_authid
find_role(const char *name)
{
	HeapTuple	tuple = SearchSysCache1(AUTHNAME, CStringGetDatum(name));
	Form_pg_authid role;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	role = palloc(sizeof(FormData_pg_authid));
	memcpy(role, GETSTRUCT(tuple), sizeof(FormData_pg_authid));
	ReleaseSysCache(tuple);
	return role;
}

RsUserChange *
rs_history_user_before(const Node *statement)
{
	RsUserChange change = {0};
	RsUserChange *copy;

	switch (nodeTag(statement))
	{
		case T_CreateRoleStmt:
			change.action = "create";
			change.name = ((const CreateRoleStmt *) statement)->role;
			break;
		case T_AlterRoleStmt:
			change.action = "alter";
			if (((const AlterRoleStmt *) statement)->role->roletype == ROLESPEC_CSTRING)
				change.name = ((const AlterRoleStmt *) statement)->role->rolename;
			break;
		case T_DropRoleStmt:
			{
				const RoleSpec *role = linitial(((const DropRoleStmt *) statement)->roles);

				change.action = "drop";
				if (role->roletype == ROLESPEC_CSTRING)
					change.name = role->rolename;
				break;
			}
		case T_RenameStmt:
			if (((const RenameStmt *) statement)->renameType != OBJECT_ROLE)
				return NULL;
			change.action = "rename";
			change.old_name = ((const RenameStmt *) statement)->subname;
			change.name = ((const RenameStmt *) statement)->newname;
			break;
		default:
			return NULL;
	}
	if (change.name == NULL || !rs_history_recording())
		return NULL;
	if (IsA(statement, DropRoleStmt))
		change.role = find_role(change.name);
	copy = palloc(sizeof(RsUserChange));
	*copy = change;
	return copy;
}

void
rs_history_user_after(const RsUserChange *change)
{
	Form_pg_authid role = change->role != NULL ? change->role : find_role(change->name);

	/* Others are groups and roles. */
	if (role == NULL || !role->rolcanlogin)
		return;
	rs_history_begin(RS_HISTORY_USER, InvalidOid, MyDatabaseId);
	rs_history_int((int32) role->oid);
	rs_history_text(change->name);
	rs_history_text(change->old_name);
	rs_history_text(change->action);
	rs_history_int(role->rolcreatedb);
	rs_history_int(role->rolsuper);
	rs_history_int(MyProcPid);
	rs_history_int(rs_history_transaction());
	rs_history_time(GetCurrentTimestamp());
	rs_history_end();
}

void
rs_history_session_init(void)
{
	next_authentication = ClientAuthentication_hook;
	ClientAuthentication_hook = authenticated;
}
