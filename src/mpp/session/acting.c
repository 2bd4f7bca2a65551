/*
 * acting.c
 *	  As whom a session at a compute node works.
 *
 * A transaction of the leader has one part on each node, whoever works in it: the user of
 * the session, roles that are set, owners of views and of SECURITY DEFINER functions.  It
 * is run by the connection of the session's user; the others act there, as at the leader.
 *
 * AT THE NODE
 * Nobody acts as a user who has not allowed it:
 * - the leader connects as that user, by the user's mapping, and lend_role() gives a code
 *   which says that the role may be used by one session: an HMAC of both, with a secret
 *   that the server makes when it starts.  The session has told its random key
 *   (session_key()) to the leader.  The code means nothing to any other session.
 * - SET LOCAL redshift.acting_as takes the code.  It is no setting but a command that only
 *   the holder of the connection can send, and that is the leader: what functions run is
 *   not of the top level, so a function that knows the code has no use for it.
 * The session is then restricted as in a SECURITY DEFINER function: no SET ROLE.  The user
 * is as before when the subtransaction is rolled back, and the session's own when the
 * transaction ends.  What is run as another is not shown in pg_stat_activity: the session's
 * user could read there what the other one does.  A message is shown or not as it begins:
 * what has values of the other one comes behind the one that says as whom to act.
 *
 * A session has one temporary schema, settings and the like for all who act in it, as has
 * the leader's.  What runs as someone therefore relies on none of that: fragments are
 * analyzed with pg_catalog before pg_temp, what they have set is undone at their end,
 * exchanges and staged rows are of the user who made them.
 *
 * Deferred triggers run as whoever the user is at the leader when the transaction ends.
 *
 * AT THE LEADER
 * Each connection says as whom its session works at present; where that is not known any
 * more, after a rollback, it is said anew.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "common/hmac.h"
#include "common/sha2.h"
#include "core/shared_area.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/session/acting.h"
#include "mpp/session/connect.h"
#include "mpp/session/remote_transaction.h"
#include "pgstat.h"
#include "storage/shmem.h"
#include "tcop/utility.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/syscache.h"

#define NAME				"redshift_ext acting"
#define ACTING_AS			"redshift.acting_as"
#define KEY_SIZE			(RS_SESSION_KEY_LENGTH / 2)
#define CODE_LENGTH			(PG_SHA256_DIGEST_LENGTH * 2)

/* What a code is of. */
typedef struct Lent
{
	Oid			database;
	Oid			role;
	char		session_key[KEY_SIZE];
} Lent;

typedef struct Shared
{
	uint8		secret[PG_SHA256_DIGEST_LENGTH];
} Shared;

static ProcessUtility_hook_type next_process_utility = NULL;
static Shared *shared = NULL;

/* At a node. */
static char own_key[KEY_SIZE];
static bool has_key = false;
static bool has_acted = false;	/* in this transaction */
static bool tracks;				/* track_activities, as it was before */

/* At the leader. */
static Oid transaction_user = InvalidOid;	/* whose sessions run the present transaction */

PG_FUNCTION_INFO_V1(rs_session_key);
PG_FUNCTION_INFO_V1(rs_lend_role);

/* ---------------------------------------------------------------------
 * At the node
 * ---------------------------------------------------------------------
 */

static const char *
key_of_session(void)
{
	if (!has_key && !pg_strong_random(own_key, KEY_SIZE))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
	has_key = true;
	return own_key;
}

/*
 * Its first statements, before it has a key, are known by the name it gave itself.
 */
bool
rs_acting_for_leader(void)
{
	return has_key || (application_name != NULL &&
					   strncmp(application_name, RS_APPLICATION_NAME, strcspn(RS_APPLICATION_NAME, "%")) == 0);
}

static char *
as_hex(const char *bytes, Size size)
{
	char	   *text = palloc(size * 2 + 1);

	text[hex_encode(bytes, size, text)] = '\0';
	return text;
}

/*
 * session_key(): of this session; nobody can do anything with it but lend a role.
 */
Datum
rs_session_key(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(as_hex(key_of_session(), KEY_SIZE)));
}

static char *
code_of(const Lent *lent)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	pg_hmac_ctx *context;

	if (shared == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a compute node must preload redshift_ext"),
				 errhint("Add redshift_ext to \"shared_preload_libraries\" and restart the server.")));
	context = pg_hmac_create(PG_SHA256);
	if (context == NULL ||
		pg_hmac_init(context, shared->secret, sizeof(shared->secret)) < 0 ||
		pg_hmac_update(context, (const uint8 *) lent, sizeof(Lent)) < 0 ||
		pg_hmac_final(context, digest, sizeof(digest)) < 0)
	{
		pg_hmac_free(context);
		elog(ERROR, "could not compute an HMAC");
	}
	pg_hmac_free(context);
	return as_hex((char *) digest, sizeof(digest));
}

/*
 * lend_role(session_key): the role and its code.  Only who has the role for good can lend
 * it, not what runs with someone else's rights.
 */
Datum
rs_lend_role(PG_FUNCTION_ARGS)
{
	char	   *key = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Lent		lent = {MyDatabaseId, GetUserId()};

	if (InLocalUserIdChange() || InSecurityRestrictedOperation())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a role cannot be lent within a function with the rights of another user")));
	if (strlen(key) != RS_SESSION_KEY_LENGTH ||
		strspn(key, "0123456789abcdef") != RS_SESSION_KEY_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid key of a session")));
	(void) hex_decode(key, RS_SESSION_KEY_LENGTH, lent.session_key);
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("%u:%s", lent.role, code_of(&lent))));
}

static bool
same_code(const char *given, const char *code)
{
	int			differ = 0;
	int			i;

	if (strlen(given) != CODE_LENGTH)
		return false;
	for (i = 0; i < CODE_LENGTH; i++)
		differ |= given[i] ^ code[i];
	return differ == 0;
}

/*
 * The role that was lent to this session, if it may still log in.
 */
static Oid
role_of(const char *given)
{
	Lent		lent = {MyDatabaseId, InvalidOid};
	const char *colon = strchr(given, ':');
	HeapTuple	tuple;
	bool		may;

	lent.role = (Oid) strtoul(given, NULL, 10);
	memcpy(lent.session_key, key_of_session(), KEY_SIZE);
	may = colon != NULL && same_code(colon + 1, code_of(&lent));
	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(lent.role));
	may = may && HeapTupleIsValid(tuple) && ((Form_pg_authid) GETSTRUCT(tuple))->rolcanlogin;
	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	if (!may)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("this session may not act as another user"),
				 errdetail("The role was not lent to it, or may not log in.")));
	return lent.role;
}

static void
track(bool on)
{
	(void) set_config_option("track_activities", on ? "on" : "off", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
							 true, 0, false);
}

/*
 * NULL: as the session's own user.
 */
static void
act_as(const char *given)
{
	Oid			userid;
	int			context;

	if (!IsTransactionBlock())
		ereport(ERROR,
				(errcode(ERRCODE_NO_ACTIVE_SQL_TRANSACTION),
				 errmsg("a session can act as another user in transaction blocks only")));
	GetUserIdAndSecContext(&userid, &context);
	if (given != NULL)
	{
		userid = role_of(given);
		if (context == 0)
			tracks = pgstat_track_activities;
		track(false);
		has_acted = true;
		SetUserIdAndSecContext(userid, SECURITY_LOCAL_USERID_CHANGE);
	}
	else if (context != 0)
	{
		SetUserIdAndSecContext(GetOuterUserId(), 0);
		track(tracks);
	}
}

static void
process_utility(PlannedStmt *pstmt, const char *source, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	VariableSetStmt *set = (VariableSetStmt *) pstmt->utilityStmt;

	if (context == PROCESS_UTILITY_TOPLEVEL && IsA(set, VariableSetStmt) && set->is_local &&
		set->name != NULL && strcmp(set->name, ACTING_AS) == 0)
	{
		act_as(set->kind == VAR_SET_VALUE ? ExtractSetVariableArgs(set) : NULL);
		if (qc != NULL)
			SetQueryCompletion(qc, CMDTAG_SET, 0);
	}
	else if (next_process_utility)
		next_process_utility(pstmt, source, read_only_tree, context, params, env, dest, qc);
	else
		standard_ProcessUtility(pstmt, source, read_only_tree, context, params, env, dest, qc);
}

/*
 * PostgreSQL has the user as before after an abort.
 */
static void
transaction_ends(XactEvent event, void *arg)
{
	if (!has_acted)
		return;
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
		SetUserIdAndSecContext(GetOuterUserId(), 0);
	if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE)
		has_acted = false;
}

static void
attach(void)
{
	bool		found;

	shared = ShmemInitStruct(NAME, sizeof(Shared), &found);
	if (!found && !pg_strong_random(shared->secret, sizeof(shared->secret)))
		elog(FATAL, "could not generate random values");
}

/* ---------------------------------------------------------------------
 * At the leader
 * ---------------------------------------------------------------------
 */

static bool
has_mappings(Oid userid)
{
	const RsCluster *cluster = rs_cluster();
	List	   *servers = NIL;
	bool		all = true;
	ListCell   *lc;

	/* Looking into catalogs may change what is known of the cluster. */
	foreach(lc, cluster->nodes)
		servers = lappend_oid(servers, ((RsNode *) lfirst(lc))->server);
	foreach(lc, servers)
	{
		Datum		server = ObjectIdGetDatum(lfirst_oid(lc));

		all = all && (SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(userid), server) ||
					  SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid), server));
	}
	list_free(servers);
	return all;
}

Oid
rs_acting_session(Oid userid)
{
	if (!rs_is_leader())
		return userid;
	if (!rs_remote_in_transaction())
		transaction_user = GetSessionUserId();
	return transaction_user != userid && has_mappings(transaction_user) ? transaction_user : userid;
}

/*
 * Connect as the user, and ask for what lets these sessions act.
 */
static void
borrow(List *connections, Oid userid)
{
	List	   *nodes = NIL;
	List	   *own;
	ListCell   *lc;
	ListCell   *other;

	foreach(lc, connections)
		nodes = lappend(nodes, &((RsConnection *) lfirst(lc))->node);
	own = rs_connections_open_apart(nodes, userid);
	PG_TRY();
	{
		forboth(lc, connections, other, own)
		{
			RsConnection *connection = lfirst(lc);
			char	   *lent = rs_connection_query_value(lfirst(other), psprintf("SELECT redshift.lend_role('%s')",
																			 connection->base->session_key));

			free(connection->lent);
			connection->lent = lent != NULL ? strdup(lent) : NULL;
			if (connection->lent == NULL)
				elog(ERROR, "compute node \"%s\" has lent nothing", connection->node.name);
			connection->lent_to = connection->base->opened;
			connection->stale = false;
		}
	}
	PG_FINALLY();
	{
		rs_connections_close_apart(own);
	}
	PG_END_TRY();
}

static bool
may_act(const RsConnection *connection)
{
	return connection->lent != NULL && !connection->stale && connection->lent_to == connection->base->opened;
}

void
rs_acting_borrow(List *connections, Oid userid)
{
	List	   *borrowing = NIL;
	ListCell   *lc;

	foreach(lc, connections)
	{
		RsConnection *connection = lfirst(lc);

		if (may_act(connection))
			continue;
		if (!connection->base->has_key)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("nobody can act as another user on compute node \"%s\" in the transaction that has added it",
							connection->node.name)));
		borrowing = lappend(borrowing, connection);
	}
	if (borrowing != NIL)
		borrow(borrowing, userid);
	list_free(borrowing);
}

const char *
rs_acting_command(RsConnection *connection)
{
	RsConnection *base = connection->base;

	if (base->acting == connection)
		return "";
	if (base->state.depth == 0)
		elog(ERROR, "session on compute node \"%s\" cannot act as another user outside of transactions",
			 base->node.name);
	base->acting = connection;
	return connection == base ? "SET LOCAL " ACTING_AS " TO DEFAULT;" :
		psprintf("SET LOCAL " ACTING_AS " = %s;", quote_literal_cstr(connection->lent));
}

bool
rs_acting_now(const RsConnection *connection)
{
	return connection->base->acting == connection;
}

const char *
rs_acting_last_command(RsConnection *connection)
{
	RsConnection *last = rs_connection_acting(connection, GetUserId());
	const char *command = rs_acting_command(last != NULL && may_act(last) ? last : connection);

	/* What is sent with it and behind it has no user. */
	connection->acting = connection;
	return command;
}

void
rs_acting_ended(bool transaction)
{
	ListCell   *lc;

	foreach(lc, rs_connections_all())
	{
		RsConnection *connection = lfirst(lc);

		connection->acting = transaction || connection->state.depth == 0 ? connection : NULL;
	}
}

void
rs_acting_init(void)
{
	static const RsSharedArea area = {
		.name = NAME,
		.size = sizeof(Shared),
		.attach = attach
	};

	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	RegisterXactCallback(transaction_ends, NULL);
	rs_shared_area_add(&area);
}
