COMMENT ON SCHEMA redshift IS 'catalogs, views and functions of redshift_ext';
GRANT USAGE ON SCHEMA redshift TO PUBLIC;
