-- The endpoint's counters.

-- internal
CREATE FUNCTION redshift.endpoint_counters(OUT pid int4, OUT started_at timestamptz, OUT connections_open int4,
	OUT statement_memory int8, OUT connections int8, OUT refused int8, OUT sessions int8, OUT tls int8,
	OUT cancels int8, OUT messages_from_clients int8, OUT bytes_from_clients int8, OUT bytes_to_clients int8,
	OUT statements int8, OUT statements_translated int8, OUT statements_refused int8)
	RETURNS record LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rs_endpoint_stats';
COMMENT ON FUNCTION redshift.endpoint_counters() IS 'what the endpoint''s process has counted since it began, NULL without one';

-- internal
CREATE VIEW redshift.endpoint_stats AS
	SELECT c.* FROM redshift.endpoint_counters() c WHERE c.pid IS NOT NULL;
COMMENT ON VIEW redshift.endpoint_stats IS
	'Redshift''s port: its process, connections open and accepted, refused by it, sessions let in, TLS handshakes, cancel requests, messages and bytes passed on, statements seen, changed and refused by the translator, bytes of memory that long statements take';
GRANT SELECT ON redshift.endpoint_stats TO PUBLIC;
