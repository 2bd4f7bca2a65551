-- COPY's options: which statements are Redshift's, what goes with what
CREATE TABLE load_options (a int, b text);
\set from 'FROM ''file:///nowhere/at/all'' WITH'
-- each in any order and spelling; nothing to read is found last
COPY load_options (b, a) FROM 'file:///nowhere/at/all' WITH (gzip, maxerror 10, csv, quote '%', ignoreheader 1, acceptanydate,
	acceptinvchars, blanksasnull, emptyasnull, comprows 100000, compupdate, statupdate on, dateformat 'auto', timeformat 'epochsecs',
	encoding utf16le, fillrecord, ignoreblanklines, null '\N', roundec, trimblanks, truncatecolumns, manifest off, noload off);
COPY load_options :from (FORMAT delimited, delimiter '|~|', escape, removequotes, explicit_ids off, compupdate preset);
COPY load_options :from (fixedwidth 'a:3,b:4', format fixedwidth, ignoreallerrors);
-- what cannot be
COPY load_options :from (csv, json 'auto');
COPY load_options :from (format binary);
COPY load_options :from (format parquet, gzip);
COPY load_options :from (format parquet, delimiter '|');
COPY load_options :from (format csv, removequotes);
COPY load_options :from (format csv, escape);
COPY load_options :from (format delimited, quote '"');
COPY load_options :from (format fixedwidth);
COPY load_options :from (gzip, zstd);
COPY load_options :from (maxerror 10, ignoreallerrors);
COPY load_options :from (maxerror 100001);
COPY load_options :from (maxerror 'many');
COPY load_options :from (ignoreheader -1);
COPY load_options :from (delimiter '');
COPY load_options :from (delimiter '\012');
COPY load_options :from (csv, quote 'ab');
COPY load_options :from (csv, quote ',', delimiter ',');
COPY load_options :from (acceptinvchars 'ab');
COPY load_options :from (null 'a
b');
COPY load_options :from (encoding 'klingon');
COPY load_options :from (compupdate maybe);
COPY load_options :from (comprows 10);
COPY load_options :from (comprows 1000, compupdate off);
COPY load_options :from (gzip, gzip);
COPY load_options :from (freeze);
COPY load_options :from (encrypted);
COPY load_options :from (shapefile);
COPY load_options :from (readratio 50);
COPY load_options :from (iam_role 'default', credentials 'x');
COPY load_options :from (access_key_id 'x');
COPY load_options FROM 'emr://cluster/file' WITH (gzip);
COPY load_options FROM '/nowhere/at/all' WITH (gzip);
COPY load_options TO 'file:///nowhere/at/all';
COPY load_options (b, b) :from (gzip);
COPY load_options (c) :from (gzip);
-- PostgreSQL's own stays as it is
COPY load_options FROM STDIN WITH (format csv, delimiter ';', null 'none', quote '%', escape '%');
1;%a%%;b%
none;none
\.
TABLE load_options ORDER BY a;
-- who may
CREATE ROLE load_nobody;
GRANT INSERT ON load_options TO load_nobody;
SET ROLE load_nobody;
COPY load_options :from (csv);
RESET ROLE;
REVOKE INSERT ON load_options FROM load_nobody;
SET ROLE load_nobody;
COPY load_options :from (csv);
RESET ROLE;
BEGIN READ ONLY;
COPY load_options :from (csv);
ROLLBACK;
DROP TABLE load_options;
DROP ROLE load_nobody;
