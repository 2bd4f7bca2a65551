-- Locks, transactions and maintenance that run now.  PostgreSQL hides of others' sessions when they began
-- and what they do, from users who are not members of pg_read_all_stats.

CREATE VIEW redshift.svv_transactions AS
	SELECT s.usename::text AS txn_owner, s.datname::text AS txn_db, coalesce(s.backend_xid::text::int8, l.transactionid::text::int8) AS xid, l.pid,
		(s.xact_start AT TIME ZONE 'UTC')::timestamp AS txn_start, l.mode AS lock_mode,
		CASE l.locktype WHEN 'relation' THEN 'relation' ELSE 'transactionid' END AS lockable_object_type,
		CASE WHEN l.locktype = 'relation' THEN redshift.user_id(l.relation) END AS relation, l.granted
	FROM pg_locks l LEFT JOIN pg_stat_activity s ON s.pid = l.pid
	WHERE l.locktype IN ('relation', 'virtualxid') OR (l.locktype = 'transactionid' AND NOT l.granted);
COMMENT ON VIEW redshift.svv_transactions IS 'locks of open transactions, which have one on themselves; xid: NULL before the first change';

CREATE VIEW redshift.stv_locks AS
	SELECT l.relation::int8 AS table_id, NULL::timestamp AS last_commit, NULL::timestamp AS last_update, s.backend_xid::text::int8 AS lock_owner,
		l.pid::int8 AS lock_owner_pid, (s.xact_start AT TIME ZONE 'UTC')::timestamp AS lock_owner_start_ts, NULL::timestamp AS lock_owner_end_ts,
		CASE WHEN NOT l.granted THEN 'Waiting to lock' ELSE 'Holding write lock' END::char(22) AS lock_status
	FROM pg_locks l LEFT JOIN pg_stat_activity s ON s.pid = l.pid
	WHERE l.locktype = 'relation' AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database());
COMMENT ON VIEW redshift.stv_locks IS 'locks of this database''s tables that keep others from changing them';

CREATE VIEW redshift.svv_vacuum_progress AS
	SELECT c.relname::text AS table_name, p.phase AS status, NULL::text AS time_remaining_estimate
	FROM pg_stat_progress_vacuum p JOIN pg_class c ON c.oid = p.relid WHERE p.datname = current_database()
	UNION ALL
	SELECT c.relname, p.command || ': ' || p.phase, NULL
	FROM pg_stat_progress_cluster p JOIN pg_class c ON c.oid = p.relid WHERE p.datname = current_database();
COMMENT ON VIEW redshift.svv_vacuum_progress IS 'tables that VACUUM works on now';

-- overlay transaction
CREATE VIEW redshift."pg_catalog.pg_locks" AS
	SELECT l.*, l.transactionid AS transaction FROM pg_catalog.pg_locks l;
COMMENT ON VIEW redshift."pg_catalog.pg_locks" IS 'pg_catalog.pg_locks with the transaction under its older name';

GRANT SELECT ON redshift."pg_catalog.pg_locks", redshift.svv_transactions, redshift.stv_locks, redshift.svv_vacuum_progress TO PUBLIC;
