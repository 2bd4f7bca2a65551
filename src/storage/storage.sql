-- Catalogs of the table access method.  They are written by C code only, as
-- part of the transactions that change tables; see src/storage/README.md.

CREATE TABLE redshift.row_group (
	storage_id int8 NOT NULL,
	group_id int8 NOT NULL,
	slice int4 NOT NULL,
	first_row int8 NOT NULL,
	nrows int4 NOT NULL,
	pending bool NOT NULL,
	sorted bool NOT NULL,
	filled bool NOT NULL,
	first_page int8 NOT NULL,
	npages int4 NOT NULL,
	footer_offset int8 NOT NULL,
	footer_size int4 NOT NULL,
	key_zone bytea,
	rows bytea,
	crc int4 NOT NULL
);
-- Never out of line: these rows are read where no toast snapshot may exist.
ALTER TABLE redshift.row_group ALTER key_zone SET STORAGE PLAIN, ALTER rows SET STORAGE PLAIN;
CREATE UNIQUE INDEX row_group_row ON redshift.row_group (storage_id, first_row);
REVOKE ALL ON redshift.row_group FROM PUBLIC;
COMMENT ON TABLE redshift.row_group IS 'directory: the row groups of every table of access method redshift';

CREATE TABLE redshift.delete_vector (
	storage_id int8 NOT NULL,
	group_id int8 NOT NULL,
	part int4 NOT NULL,
	ndeleted int4 NOT NULL,
	killed bool NOT NULL,
	rows bytea,
	moved bytea
);
ALTER TABLE redshift.delete_vector ALTER rows SET STORAGE PLAIN, ALTER moved SET STORAGE PLAIN;
CREATE INDEX delete_vector_group ON redshift.delete_vector (storage_id, group_id);
REVOKE ALL ON redshift.delete_vector FROM PUBLIC;
COMMENT ON TABLE redshift.delete_vector IS 'deleted rows of row groups of access method redshift';

CREATE FUNCTION redshift.tableam_handler(internal) RETURNS table_am_handler
	AS 'MODULE_PATHNAME', 'rs_tableam_handler' LANGUAGE C STRICT;
COMMENT ON FUNCTION redshift.tableam_handler(internal) IS 'handler of table access method redshift';

CREATE ACCESS METHOD redshift TYPE TABLE HANDLER redshift.tableam_handler;
COMMENT ON ACCESS METHOD redshift IS 'compressed columnar tables with sort keys and zone maps';
