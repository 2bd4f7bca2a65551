-- COPY FROM STDIN with Redshift's options
CREATE TABLE load_stdin (a int, b varchar(5), c jsonb) USING redshift;
COPY load_stdin FROM STDIN WITH (format json);
{"a": 1, "b": "one", "c": {"x": [1, 2]}}
{"b": "two",
 "a": 2}
\.
COPY load_stdin (a, b) FROM STDIN WITH (delimiter '|', truncatecolumns, null '-');
3|threefold
4|-
\.
COPY load_stdin (a, b) FROM STDIN WITH (format csv, ignoreheader 1, maxerror 2);
a,b
5,"fi""ve"
x,six
7,"sev
n"
\.
SELECT * FROM load_stdin ORDER BY a;
SELECT trim(filename), line_number, trim(colname), trim(raw_line), trim(raw_field_value), err_code
	FROM redshift.stl_load_errors WHERE query = redshift.pg_last_copy_id();
-- more than a bad row, and the connection goes on
COPY load_stdin (a, b) FROM STDIN WITH (format csv, blanksasnull);
x,y
8,z
\.
SELECT count(*) FROM load_stdin;
-- large, into heap, and empty
COPY load_stdin FROM STDIN WITH (format delimited, fillrecord);
\.
CREATE TABLE load_stdin_heap (LIKE load_stdin);
COPY load_stdin_heap FROM STDIN WITH (json 'auto ignorecase');
{"A": 9}{"a": 10}
\.
TABLE load_stdin_heap;
-- PostgreSQL's own
COPY load_stdin (a, b) FROM STDIN WITH (format csv, header);
a,b
11,x
\.
SELECT count(*), max(a) FROM load_stdin;
DROP TABLE load_stdin, load_stdin_heap;
