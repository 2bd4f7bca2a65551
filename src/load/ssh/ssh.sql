-- Hosts whose commands COPY may run (SSH manifests).

CREATE FUNCTION redshift.ssh_validator(options text[], catalog oid) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_ssh_validator' LANGUAGE C STRICT;
COMMENT ON FUNCTION redshift.ssh_validator(text[], oid) IS 'checks the options of redshift_ssh servers and their user mappings';

CREATE FOREIGN DATA WRAPPER redshift_ssh VALIDATOR redshift.ssh_validator;
COMMENT ON FOREIGN DATA WRAPPER redshift_ssh IS 'hosts that COPY ... WITH (ssh) connects to';
