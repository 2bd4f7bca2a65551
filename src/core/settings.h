/*
 * settings.h
 *	  The extension's settings, redshift.*.
 */
#ifndef RS_SETTINGS_H
#define RS_SETTINGS_H

extern bool rs_compaction;
extern bool rs_enable_scan;
extern bool rs_enable_vector;

/* What is kept of statements and sessions (history). */
extern bool rs_history;
extern int	rs_history_buffer;	/* kB */
/* Longer texts are cut. */
#define RS_HISTORY_LONGEST_TEXT	(rs_history_buffer * (1024 / 16))
extern int	rs_history_delay;	/* s */
extern int	rs_history_retention;	/* minutes */
extern int	rs_history_max_rows;	/* of a table */
#define RS_MAX_HISTORY_BUFFER	(1024 * 1024)	/* kB */

extern int	rs_insert_buffer_size;	/* kB */
extern int	rs_resize_rate;			/* MB a second, 0: no limit */

/* Transfers from and to stores of objects. */
extern int	rs_transfer_retries;
extern int	rs_transfer_timeout;	/* ms without progress */

/* Are rows that nodes send to a join filtered by its other side? */
enum
{
	RS_NODE_FILTERS_OFF, RS_NODE_FILTERS_ON, RS_NODE_FILTERS_ALWAYS
};
extern int	rs_node_filters;

/* Whose rules a session's statements follow where Redshift's differ from PostgreSQL's. */
enum
{
	RS_DIALECT_POSTGRESQL, RS_DIALECT_REDSHIFT
};
extern int	rs_dialect;

extern int	rs_auto_refresh_interval;	/* seconds, 0: never */
extern int	rs_auto_refresh_timeout;	/* seconds, 0: none */

/* Whether redshift tables keep PRIMARY KEY, UNIQUE and FOREIGN KEY; auto is by the dialect. */
enum
{
	RS_CONSTRAINTS_AUTO, RS_CONSTRAINTS_ENFORCED, RS_CONSTRAINTS_INFORMATIONAL
};
extern int	rs_constraints;

/* What the planner takes moving between the nodes of a cluster for, in its units. */
extern int	rs_auto_all_size;
extern bool rs_auto_distribution;
extern double rs_byte_cost;
extern double rs_stage_cost;

/* Rows of a batch, at most; and so few, for finding faults. */
#define RS_MOST_VECTOR_ROWS		2048
extern int	rs_vector_rows;
extern int	rs_fail_at_batch;		/* 0: never */

extern int	rs_node_timeout;		/* ms, for a compute node to let in and answer */

/* Redshift's port (src/endpoint). */
extern char *rs_endpoint_listen_addresses;
extern int	rs_endpoint_max_connections;
extern char *rs_endpoint_plain_clients;
extern int	rs_endpoint_port;		/* 0: none */
extern char *rs_endpoint_server_address;
extern char *rs_endpoint_server_version;	/* "": the server's own */
extern int	rs_endpoint_statement_memory;	/* kB, of statements longer than a buffer */

/* Operators of the vector engine, as redshift.disabled_operators names them. */
typedef enum RsOperatorKind
{
	RS_OPERATOR_AGGREGATE,
	RS_OPERATOR_APPEND,
	RS_OPERATOR_CTE,
	RS_OPERATOR_JOIN,
	RS_OPERATOR_LIMIT,
	RS_OPERATOR_NESTLOOP,
	RS_OPERATOR_PROJECT,
	RS_OPERATOR_SETOP,
	RS_OPERATOR_SORT,
	RS_OPERATOR_UNIQUE,
	RS_OPERATOR_WINDOW,
	RS_OPERATOR_KINDS
} RsOperatorKind;

extern bool rs_operator_enabled(RsOperatorKind kind);

extern void rs_settings_init(void);

#endif							/* RS_SETTINGS_H */
