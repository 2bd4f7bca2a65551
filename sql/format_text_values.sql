-- Text in a file has the value that PostgreSQL's input functions give it, or has none for both, whichever way it is read.
set timezone to 'America/New_York';
set client_min_messages to warning;
create function pick(variadic a text[]) returns text language sql volatile as
	$$ select a[1 + floor(random() * array_length(a, 1))::int] $$;
create function digits(n int) returns text language sql volatile as
	$$ select coalesce(string_agg(floor(random() * 10)::int::text, ''), '') from generate_series(1, floor(random() * (n + 1))::int) $$;
create function two_digits(n int) returns text language sql volatile as
	$$ select lpad(floor(random() * n)::int::text, pick('2', '2', '2', '1')::int, '0') $$;
create function some_number() returns text language sql volatile as
	$$ select pick('', '', '', '-', '+', ' ', '- ') || digits(pick('3', '6', '10', '19', '20', '39')::int) || pick('', '', '.', '.')
		|| digits(pick('0', '2', '3', '12', '25')::int) || pick('', '', '', 'e' || digits(2), 'E-' || digits(3)) || pick('', '', '', ' ', 'x') $$;
create function some_date() returns text language sql volatile as
	$$ select pick('2020', '1999', '0001', '9999', '1900', '0000', '10000', '20') || pick('-', '-', '-', '/') || two_digits(14)
		|| pick('-', '-', '-', '/') || two_digits(33) $$;
create function some_time() returns text language sql volatile as
	$$ select two_digits(26) || ':' || two_digits(61) || pick('', ':' || two_digits(61), ':' || two_digits(61))
		|| pick('', '', '.' || digits(6), '.' || digits(9)) || pick('', '', '', 'Z', '+05', '-08:00', '+0530', '+16', ' PST', ' AM') $$;
create function some_timestamp() returns text language sql volatile as
	$$ select some_date() || pick(' ', ' ', 'T') || pick(some_time(), some_time(), '') $$;
create function some_word() returns text language sql volatile as
	$$ select pick('t', 'f', 'TRUE', 'fal', 'y', 'no', 'on', 'of', '0', '1', '2', ' t ', 'abcd', 'abcde', 'abcd  ', 'ab  ', 'äöü', 'äöüßx', '€uro', 'nan',
		'-inf', 'Infinity', 'infinity', 'epoch', '1 day', '1 hour 2.5 seconds', '{1,2}', '{"a": [1e5]}', '6ecd8c99-4036-403d-bf84-cf8400f67836') $$;

-- Rows that differ; and whether there were some of both kinds.
create function differences(type text, generator text) returns table (differing bigint, has_values bool, has_others bool)
language plpgsql as $$
declare
	path text := current_setting('data_directory') || '/format_text_values.data';
	object oid;
	line record;
begin
	execute format('create temp table texts on commit drop as select i as id, %s as value from generate_series(1, 150) i', generator);
	delete from texts where trim(value) = '';
	execute format('create table expected (id int, value %s)', type);
	execute format('create table loaded (id int, value %s) using redshift', type);
	for line in select * from texts loop
		begin
			execute format('insert into expected values (%s, %L)', line.id, line.value);
		exception when others then
		end;
	end loop;
	select lo_from_bytea(0, convert_to(string_agg(id || '|' || value || E'\n', '' order by id), 'UTF8')) into object from texts;
	perform lo_export(object, path), lo_unlink(object);
	execute format('copy loaded from %L with (roundec, maxerror 1000)', 'file://' || path);
	return query select count(*) filter (where (e.id is null) <> (l.id is null) or e.value::text is distinct from l.value::text),
		count(e.id) > 0, count(*) > count(e.id)
		from texts left join expected e using (id) left join loaded l using (id);
	drop table texts, expected, loaded;
end $$;

select setseed(0.25);
select t, found.* from unnest(array['smallint', 'int', 'bigint', 'real', 'double precision', 'numeric(8,2)', 'numeric(18,6)', 'numeric(38,10)',
	'numeric(3,5)', 'numeric(50,10)', 'numeric', 'numeric(10,-2)']) t, differences(t, 'some_number()') found;
select t, found.* from unnest(array['time', 'time(3)', 'timetz']) t, differences(t, 'some_time()') found;
select t, found.* from unnest(array['date', 'timestamp', 'timestamp(2)', 'timestamptz', 'timestamptz(0)']) t,
	differences(t, 'pick(some_date(), some_timestamp())') found;
select t, found.* from unnest(array['int', 'real', 'double precision', 'numeric(8,2)', 'numeric', 'bool', 'varchar(4)', 'char(4)', 'date', 'timestamp',
	'interval', 'jsonb', 'uuid', 'int[]']) t, differences(t, 'some_word()') found;
drop function differences(text, text), some_word(), some_timestamp(), some_time(), some_date(), some_number(), two_digits(int), digits(int),
	pick(text[]);
