-- A file that several processes read in parts has the same rows as for PostgreSQL, which reads it as a whole:
-- wherever the parts begin, within quotes or behind a backslash.
create table source as
	select i as id,
		case i % 7 when 0 then null when 1 then '' else repeat(E'quotes " and\nnewlines, ', i % 50) end as a,
		case i % 3 when 0 then E'\\\n' || repeat('x', i % 900) else E'|"' end as b
	from generate_series(1, 60000) i;
select format('%s/format_text_parts.data', current_setting('data_directory')) as path,
	format('file://%s/format_text_parts.data', current_setting('data_directory')) as url \gset
create table loaded (like source) using redshift;

copy (select * from source order by id) to :'path' with (format csv, header, null '\N');
select size > 2 * 16 * 1024 * 1024 as several_parts from pg_stat_file(:'path');
copy loaded from :'url' with (format csv, ignoreheader 1);
select count(*) from loaded;
select sum(lines_scanned) - (select 1 + sum(1 + coalesce(length(a) - length(replace(a, E'\n', '')), 0) + length(b) - length(replace(b, E'\n', '')))
	from source) as difference from redshift.stl_load_commits where query = redshift.pg_last_copy_id();
select count(*) from (select * from loaded except all select * from source) x;

-- As text whose delimiters, newlines and backslashes have a backslash before them.
truncate loaded;
create function escaped(value text) returns text language sql immutable as
	$$ select coalesce(replace(replace(replace(value, '\', '\\'), '|', '\|'), E'\n', E'\\\n'), '\N') $$;
select lo_from_bytea(0, convert_to(string_agg(id || '|' || escaped(a) || '|' || escaped(b) || E'\n', '' order by id), 'UTF8')) as object
	from source \gset
select lo_export(:object, :'path'), lo_unlink(:object);
select size > 2 * 16 * 1024 * 1024 as several_parts from pg_stat_file(:'path');
copy loaded from :'url' with (escape);
select count(*) from loaded;
select count(*) from (select * from loaded except all select * from source) x;

-- Lines are counted from the start of the file.
select lo_from_bytea(0, convert_to(string_agg(id || '|' || escaped(a) || '|' || escaped(b) || E'\n', '' order by id) || 'x|y|z', 'UTF8')) as object,
	1 + sum(1 + coalesce(length(a) - length(replace(a, E'\n', '')), 0) + length(b) - length(replace(b, E'\n', ''))) as line
	from source \gset
select lo_export(:object, :'path'), lo_unlink(:object);
select set_config('test.url', :'url', false) = set_config('test.line', :'line', false) as set;
do $$
begin
	execute format('copy loaded from %L with (escape)', current_setting('test.url'));
exception when invalid_text_representation then
	raise notice '%', sqlerrm ~ ('^line ' || current_setting('test.line') || ' of file');
end $$;
drop table source, loaded;
drop function escaped(text);
