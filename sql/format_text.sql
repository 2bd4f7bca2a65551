-- Files of text: delimited, CSV and fixed width.
set timezone to 'America/New_York';
set datestyle to 'ISO, MDY';
set extra_float_digits to default;

-- Rows that COPY makes of these bytes, or what is wrong with them.
create function rows_of(target regclass, options text, data bytea) returns setof text
language plpgsql as $$
declare
	path text := current_setting('data_directory') || '/format_text.data';
	object oid := lo_from_bytea(0, data);
	detail text;
begin
	perform lo_export(object, path);
	perform lo_unlink(object);
	begin
		execute format('truncate %s', target);
		execute format('copy %s from %L with (%s)', target, 'file://' || path, options);
		return query execute format('select q::text from %s q', target);
	exception when others then
		get stacked diagnostics detail = pg_exception_detail;
		return next sqlstate || ' ' || regexp_replace(replace(sqlerrm, path, ''), ' of file "file://" cannot be loaded into table ".*"', '')
			|| coalesce(': ' || nullif(detail, ''), '');
	end;
end $$;
create function rows_of(target regclass, options text, data text) returns setof text
language sql as $$ select rows_of(target, options, convert_to(data, 'UTF8')) $$;

create table pair (id int, name varchar(20)) using redshift;
create table strings (a varchar(5), b char(4), c text) using redshift;
create table numbers (i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision, d numeric(8,2), n numeric) using redshift;
create table times (d date, t time, ts timestamp, tz timestamptz) using redshift;

-- Fields and rows.
select rows_of('pair', 'format delimited', E'1|one\n2|two');
select rows_of('pair', 'format delimited', E'1|one|\r\n2||\r\n');
select rows_of('pair', 'delimiter E''\\t''', E'1\tone\n');
select rows_of('pair', 'delimiter ''\001''', E'1\001one\n');
select rows_of('pair', 'delimiter ''|~|''', E'1|~|o|~ne|\n2|~||~|\n3|~|||~|~|\n');
select rows_of('pair', 'format delimited, ignoreheader 2', E'id|name\n--|--\n1|one\n');
select rows_of('pair', 'format delimited, ignoreblanklines', E'\n1|one\n\r\n\n2|two\n\n');
select rows_of('pair', 'format delimited', E'\n');
select rows_of('pair', 'format delimited', '');
select rows_of('pair', 'format delimited', E'1\n');
select rows_of('pair', 'format delimited', E'1|one|more\n');
select rows_of('pair', 'format delimited, fillrecord', E'1\n\n2|two\n');
select rows_of('strings', 'format delimited, fillrecord', E'x\n');
select rows_of('strings', 'format delimited, fillrecord, emptyasnull', E'x\n');
select rows_of('pair', 'format delimited', E'\uFEFF1|bom');
select rows_of('pair', 'format delimited', ('1|' || repeat('x', 5000000) || E'\n2|two\n')::text);

select left(rows_of('strings', 'maxerror 9', 'a|b|' || repeat('x', 4 * 1024 * 1024 - 4) || E'\nc|d|y\n'), 15);
select left(rows_of('strings', 'maxerror 9', 'a|b|' || repeat('x', 4 * 1024 * 1024 - 3) || E'\nc|d|y\n' || repeat('z', 4500000)), 15);
select err_code, line_number, rtrim(err_reason) from redshift.stl_load_errors order by query desc, line_number limit 2;

-- ESCAPE, REMOVEQUOTES
select rows_of('strings', 'escape', E'\\N|\\\\N|The\\\nfox\n|| A\\\\B\\|C\\n\n');
select rows_of('strings', 'escape', E'a|b|line\\\r\\\nend\r\n');
select rows_of('strings', 'format delimited', E'\\N|\\n|\\\\N\n');
select rows_of('strings', 'removequotes', E'''a''|"b"|''''in''''\n''|"|''|"|"''"|\n');
select rows_of('strings', 'removequotes', E'''a|''|b|x"\ny|z|Blue''\n');
select rows_of('strings', 'removequotes, escape', E'1|2|''A Night\\''s Dream''\n1|2|''a\\''|b''\n');
select rows_of('strings', 'removequotes', E'1|2|''Blue\n');

-- CSV
select rows_of('pair', 'format csv', E'1,"one"\n2,"a ""b"", c"\n3, "x\r\ny" \n4,""\n5,a"b,c"d\n6, z \n');
select rows_of('pair', 'format csv, quote ''%'', delimiter ''|''', E'1|%a|"%\n%2%|%%%%\n');
select rows_of('pair', 'format csv, ignoreheader 1', E'id,"na\nme"\n1,one\n');
select rows_of('pair', 'format csv', E'1,"one\n2,two\n');
select rows_of('pair', 'format csv', E'1,one,\n');
select rows_of('pair', 'format csv', E'1,"a\nb"\nx,y\n');
select rows_of('pair', 'csv', E'1,\\N\n2,""\n');
select rows_of('pair', 'csv, emptyasnull', E'1,\n2,""\n"",x\n');

-- FIXEDWIDTH
select rows_of('strings', 'fixedwidth ''a:3,b:2,2:4''', E'abcde1234\n\u00e4\u00f6\u00fcxy\u00df\u00df\n');
select rows_of('strings', 'fixedwidth ''a:3,b:2,2:4''', E'abcd\n');
select rows_of('strings', 'fixedwidth ''a:3,b:2,2:4'', fillrecord', E'abcd\n');
select rows_of('strings', 'fixedwidth ''a:3,b:2,2:4''', E'abcde12345\n');
select rows_of('strings', 'fixedwidth ''a:3,b:2''', E'abcde\n');
select rows_of('strings', 'fixedwidth ''a:3,b,c:2''', E'abcde\n');

-- NULL AS and empty fields
select rows_of('strings', 'null ''-''', E'-|-|-\n\\N|x|\n');
select rows_of('strings', 'null ''\0''', '\x61007c007c00000a'::bytea);
select rows_of('strings', 'null ''\0''', '\x007c007c000a'::bytea);
select rows_of('strings', 'format delimited, blanksasnull', E'  | \t|x \n');
select rows_of('strings', 'format delimited, blanksasnull, emptyasnull', E'  ||\n');
select rows_of('strings', 'format delimited, trimblanks', E'a \t|b  |c  \n');
select rows_of('numbers', 'format delimited', E'|| |  |||\n');

-- Strings and their lengths
select rows_of('strings', 'format delimited', E'abcde   |abcd  |x\n');
select rows_of('strings', 'format delimited', E'abcdef|b|x\n');
select rows_of('strings', 'format delimited', E'a|abcde|x\n');
select rows_of('strings', 'format delimited, truncatecolumns', E'\u00e4\u00f6\u00fc\u00df\u00e4bcdef|\u00e4bcdef|x\n');

-- Numbers
select rows_of('numbers', 'format delimited', E'-32768|2147483647|-9223372036854775808|1.5|-0|-.5|1.50\n 7 |+8| 9|1e10|NaN|1e3|1e-30\n');
select rows_of('numbers', 'format delimited', E'1|1|1|-inf|Infinity|123456.789|123456789012345678901234567890.5\n');
select rows_of('numbers', 'format delimited', E'1|1|1|3.4028235e38|1.7976931348623157e308|-123456.789|NaN\n');
select rows_of('numbers', 'roundec', E'1|1|1|0.1|0.1|20.255|1\n1|1|1|1|1|-20.255|2\n1|1|1|1|1|NaN|\n');
select rows_of('numbers', 'format delimited', E'1|1|1|1|1|20.259|1\n1|1|1|1|1|-20.259|2\n||||||\n1|1|1|1|1|nan|\n');
select rows_of('numbers', 'format delimited', bad) from unnest(array[
	'32768||||||', '|2147483648|||||', '||9223372036854775808||||', '||-9223372036854775809||||', '|12a|||||', '|1.5|||||',
	'|+|||||', '|||1e39|||', '||||1e400||', '||||x||', '|||||1000000|', '|||||12..5|', '|||||inf|', '||||||1.2.3']) as bad;

-- Booleans, bytes and types that their input functions read
create table others (b bool, y bytea, u uuid, j jsonb, a int[], i interval) using redshift;
select rows_of('others', 'format delimited', E'Y|\\x00ff|6ecd8c99-4036-403d-bf84-cf8400f67836|{"a": 1}|{1,2}|1 day\nno|CAFE|||{}|\n');
select rows_of('others', 'format delimited', E' TRUE |||||\n0|||||\nfalse|||||\n');
select rows_of('others', 'format delimited', bad) from unnest(array['2|||||', '|0g||||', '|abc||||', '||x|||', '|||{|||', '||||{1|', '|||||one day']) as bad;

-- Dates and times
select rows_of('times', 'format delimited', E'2020-02-29|23:59:59.999999|2020-02-29 12:00:00|2020-07-01 12:00:00\n1/8/1999|04:05 PM|1999-01-08T04:05:06Z|2020-01-01 00:00:00+05:30\n');
select rows_of('times', 'dateformat ''auto'', timeformat ''auto''', form || '||' || form || '|' || form) from unnest(array[
	'2019-02-11T05:09:12.195Z', 'J2451187', 'Jan-08-95 BC', '19960108 040809', '960108 040809', '1996.008', '1996-01-08 04:05:06.789',
	'17 Dec 07:37:16 1997 PST', '12/17/1997 07:37:16.00 PST', '1997-12-17 07:37:16-08', '12.17.1997 07:37:16.00 PST']) as form;
select rows_of('times', 'dateformat ''MON-DD-YYYY'', timeformat ''DD.MM.YYYY HH12:MI:SS AM''', E'Feb-29-2020||1.12.2019 12:00:01.5 pm|31.12.1999 12:59:59 AM\nseptember-1-1999|||\n');
select rows_of('times', 'dateformat ''YYYYMMDD'', timeformat ''YYYYMMDDHH24MISS''', E'20200229||20200229235959|20200701000000\n20200229 10:00|||\n');
select rows_of('times', 'dateformat ''YY/MM/DD HH:MI''', E'69/12/31 23:59||||\n70/1/1 0:0|||\n');
select rows_of('times', 'timeformat ''epochsecs''', E'||1353603600|1353603600.123456\n||-1|0\n');
select rows_of('times', 'timeformat ''epochmillisecs''', E'||1353603600123|-1\n');
select rows_of('times', 'dateformat ''DD-MM-YYYY'', timeformat ''YYYY-MM-DD HH:MI:SS'', acceptanydate', E'00-00-0000||0000-00-00 00:00:00|x\n30-02-2020||2020-01-01 24:00:00|2020-01-01 00:00:00\n');
select rows_of('times', 'timeformat ''YYYY TZ''', '');
select rows_of('times', options, bad) from (values
	('format delimited', '2020-02-30|||'), ('format delimited', '2020|||'), ('format delimited', '|25:00:00||'), ('format delimited', '||2020-01-01 25:00:00|'),
	('dateformat ''MM/DD/YYYY''', '2020-01-01|||'), ('dateformat ''MM/DD/YYYY''', '01/01/2020x|||'), ('timeformat ''YYYY-MM-DD HH:MI''', '||2020-01-01 10:61|'),
	('timeformat ''epochsecs''', '||noon|'), ('timeformat ''epochmillisecs''', '||99999999999999999999|')) as v(options, bad);

-- NOT NULL is the table's to say, with the line.
create table filled (a int not null, b text not null) using redshift;
select rows_of('filled', 'format delimited', E'1|x\n2|\\N\n');
select rows_of('filled', 'format delimited', E'|x\n');

-- Encodings
select rows_of('pair', 'encoding ''utf16''', decode('fffe31007c00e40000d853df0a00', 'hex'));
select rows_of('pair', 'encoding ''utf16''', decode('feff0031007c00e4d840dc0b000a', 'hex'));
select rows_of('pair', 'encoding ''utf16le''', decode('31007c00e4000a00', 'hex'));
select rows_of('pair', 'encoding ''utf16be''', decode('0031007c00e4d840000a', 'hex'));
select rows_of('pair', 'encoding ''utf16be'', acceptinvchars', decode('0031007c00e4d840000a00', 'hex'));
select rows_of('pair', 'encoding ''iso88591''', decode('317ce4f6fc0a', 'hex'));
select rows_of('pair', 'format delimited', decode('fffe31007c00', 'hex'));
select rows_of('pair', 'format delimited', decode('317c' || bytes || '0a', 'hex')) from unnest(array[
	'a4', 'e0a1c7a4', 'c080', 'eda080', 'f4908080', 'f888808080', 'f09f98', 'e4', '6100', 'efb790']) as bytes;
select rows_of('pair', 'acceptinvchars ''^''', decode('317c' || bytes || '7a0a', 'hex')) from unnest(array[
	'a4', 'e0a1c7a4', 'c080', 'eda080', 'f4908080', 'f888808080', 'f09f98', 'e4', '6100', 'efb790', 'c3a4']) as bytes;
select rows_of('strings', 'acceptinvchars', decode('617ce47c780a', 'hex'));
select rows_of('pair', 'format delimited', E'1|one\n2|' || chr(228) || E'\nx|y\n');

-- Where a value stood that was none.
select rows_of('pair', 'csv, maxerror 9', E'1,one\n2,"a\nb"\n\u00e4,"x"\n3,"' || repeat('y', 21) || E'",\n4,four\n5,\u00e4' || repeat('y', 20) || E'\n');
select line_number, rtrim(colname) as colname, position, rtrim(raw_line) as raw_line,
		rtrim(raw_field_value) as raw_field_value, err_code, rtrim(err_reason) as err_reason
	from redshift.stl_load_errors where query = (select max(query) from redshift.stl_load_errors) order by line_number;
select line_number, field, rtrim(colname) as colname, rtrim(value) as value
	from redshift.stl_loaderror_detail where query = (select max(query) from redshift.stl_loaderror_detail) order by line_number, field;

-- A server whose encoding is another.
\set regression :DBNAME
create database format_text_latin1 encoding 'LATIN1' template template0 locale 'C';
\c format_text_latin1
set client_encoding to 'UTF8';
create extension redshift_ext;
create table texts (id int, a varchar(5), b char(3)) using redshift;
select format('%s/format_text.data', current_setting('data_directory')) as path,
	format('file://%s/format_text.data', current_setting('data_directory')) as url \gset
select lo_from_bytea(0, convert_to(E'1|\u00e4\u00f6\u00fc\u00df\u00e4|\u00e4\n2|\u00f6\\|\u00f6|x\n', 'UTF8') || '3|'
	|| '\xe282ac'::bytea || E'|x\n4|abcde|xyz\n5|\\303|x\n'::bytea) as object \gset
select lo_export(:object, :'path');
copy texts from :'url' with (escape, maxerror 9);
copy texts from :'url' with (escape, maxerror 9, acceptinvchars '*');
select * from texts order by id;
select line_number, err_code, rtrim(err_reason) as err_reason from redshift.stl_load_errors order by query, line_number;
\c :regression
drop database format_text_latin1;
DROP TABLE strings, numbers, others, times, filled, pair;
