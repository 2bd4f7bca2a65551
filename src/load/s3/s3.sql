-- Stores of objects that speak S3's protocol: a foreign server says which one, a user mapping who.

CREATE FUNCTION redshift.s3_validator(options text[], catalog oid) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_s3_validator' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.s3_validator(text[], oid) IS 'checks options of redshift_s3''s servers and user mappings';

CREATE FOREIGN DATA WRAPPER redshift_s3 VALIDATOR redshift.s3_validator;
COMMENT ON FOREIGN DATA WRAPPER redshift_s3 IS 'S3 and stores like it, for COPY and UNLOAD';
