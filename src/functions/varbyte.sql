-- VARBYTE, which is bytea: integers as their bytes, and +, which joins.

CREATE CAST (smallint AS bytea) WITH FUNCTION pg_catalog.int2send(smallint);
CREATE CAST (int AS bytea) WITH FUNCTION pg_catalog.int4send(int);
CREATE CAST (bigint AS bytea) WITH FUNCTION pg_catalog.int8send(bigint);
CREATE OPERATOR pg_catalog.+ (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = pg_catalog.byteacat);
