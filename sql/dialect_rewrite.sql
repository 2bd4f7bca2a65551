-- what ALTER TABLE does to rows that are stored: SET (rewrite), SET (encode = '+...')
CREATE TABLE r (a int, b int, c text) USING redshift WITH (encode = 'a raw');
INSERT INTO r SELECT g, 10000 - g, 'text ' || g FROM generate_series(1, 10000) g;
ALTER TABLE r SET (sortkey = 'b', rewrite);
SELECT b FROM r LIMIT 1;
SELECT reloptions FROM pg_class WHERE oid = 'r'::regclass;
ALTER TABLE r SET (encode = '+b zstd, c lzo', rewrite);
SELECT reloptions FROM pg_class WHERE oid = 'r'::regclass;
SELECT DISTINCT "column", encoding, codec FROM redshift.list_blocks('r') ORDER BY 1;
ALTER TABLE r ADD COLUMN d int DEFAULT 5, SET (encode = '+d mostly8');
SELECT reloptions FROM pg_class WHERE oid = 'r'::regclass;
ALTER TABLE r RESET (encode, rewrite);
SELECT reloptions, (SELECT count(*) FROM r WHERE d = 5) FROM pg_class WHERE oid = 'r'::regclass;
ALTER TABLE r SET (encode = '+e raw');
ALTER TABLE r SET (encode = '+b text255');
CREATE TABLE s (a int) USING redshift WITH (rewrite);
CREATE TABLE s (a int) USING redshift WITH (encode = '+a raw');
DROP TABLE r;
