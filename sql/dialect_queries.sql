-- Queries with Redshift's clauses.
\set VERBOSITY terse
CREATE TABLE sales (id int, region text, product text, amount numeric(8,2), sold date);
INSERT INTO sales VALUES (1, 'north', 'bolt', 10, '2024-01-05'), (2, 'north', 'nut', 4, '2024-01-06'), (3, 'south', 'bolt', 7, '2024-02-01'),
	(4, 'south', 'nut', 9, '2024-02-03'), (5, 'south', 'nut', NULL, '2024-03-01');
CREATE TABLE regions (region text, manager text);
INSERT INTO regions VALUES ('north', 'Ann'), ('east', 'Bo');
CREATE TABLE staff (id int, name text, manager_id int);
INSERT INTO staff VALUES (100, 'Carlos', NULL), (101, 'John', 100), (102, 'Jorge', 101), (103, 'Kwaku', 101), (104, 'Paulo', 102), (105, 'Li', 104);

CREATE FUNCTION translated(sql text) RETURNS text AS $$ SELECT replace(redshift.translate(sql), 'redshift.', '') $$ LANGUAGE sql;

-- TOP
SELECT translated('select top 2 id from t order by id desc; select distinct top 2 a, top from t; select top 3 a from t union select top (4) b from u order by 1');
SELECT translated('select top (2), top from t; insert into u select top $1 * from t for update');
SELECT redshift.deferred('select top 2 id from sales order by id desc');

-- INTO
SELECT translated('select a into #t from u; select a into t from u');

-- EXCLUDE
SELECT translated('select * exclude (a, b) from t where x = 1');
SELECT redshift.deferred('select * exclude sold, "AMOUNT" from sales where id < 3');
SELECT redshift.deferred('select s.*, r.* exclude (region, sold, product) from sales s join regions r on s.region = r.region');
SELECT redshift.deferred('select upper(region) as r, * exclude (id, r) from sales join regions using (region)');
SELECT redshift.deferred('select x.* exclude (id) from sales s, lateral (select s.id, s.region as r2) x where s.id = 1');
SELECT redshift.deferred('select * exclude (region, sold) from sales s, generate_series(s.id, 2) n where s.id > 1');
SELECT redshift.deferred('select wrong.* exclude (region) from sales s');
CREATE VIEW narrow AS SELECT redshift.deferred('with w as (select * from sales) select * exclude (sold) from w');
SELECT pg_get_viewdef('narrow');
DROP VIEW narrow;

-- Aliases of the list
SELECT translated('select a as b, c as d from t; select t.a as a, a + 1 as b from t; select 1 as a, f(a) from t');
SELECT redshift.deferred('select amount * 2 as twice, twice + 1 as more, more || '''' as amount, amount from sales where id = 1');
SELECT redshift.deferred('select region || ''!'' as region, region as r from sales where id = 1');
SELECT redshift.deferred('select 1 as a, a::text as c, ''a'' as d, a + (select max(a) from (values (7)) v (a)) as e, f.a from (select 3 as b, 9 as d) f (x, a)');
SELECT redshift.deferred('select id as a, a + wrong from sales');
SELECT redshift.deferred('select 2 as day, interval ''1'' day * day as i, max(day) over (order by day nulls first rows current row) as m, 1 as first');

-- GROUP BY ALL
SELECT translated('select region, sum(x) over () as s, count(*) from t group by all; select count(*) from t group by all');
SELECT redshift.deferred('select region, upper(product) as p, count(*), max(amount) as m from sales group by all order by 1, 2');
SELECT redshift.deferred('select r.*, count(*) from sales s join regions r on s.region = r.region group by all');

-- QUALIFY
SELECT redshift.deferred('select region, id, row_number() over (partition by region order by amount desc nulls last) as rn from sales qualify rn = 1 order by region');
SELECT redshift.deferred('select * from sales s qualify rank() over (partition by region order by amount desc) = 1 order by s.amount desc nulls last, 1 limit 2');
SELECT redshift.deferred('select region, count(*), count(*) from sales where id > 0 group by region having count(*) > 1 qualify row_number() over (order by count(*) desc) = 1');
SELECT redshift.deferred('select id from sales where id = 1 qualify true union all select id from sales qualify row_number() over (order by id) = 2 order by 1 desc');
SELECT redshift.deferred('select top 1 id from sales qualify row_number() over (order by id) > 2 order by amount, id desc');
SELECT redshift.deferred('select top 1 id from sales qualify rank() over (order by id) > 2 union all select top 1 id from sales qualify rank() over (order by id) = 2 order by 1');
SELECT translated('select qualify from qualify; select 1 from t qualify; select qualify.a from t as qualify where qualify = 1');

-- PIVOT and UNPIVOT
SELECT redshift.deferred('select * from (select region, product, amount from sales) pivot (max(amount) as top, count(*) for product in (''bolt'', ''nut'' as nuts)) order by region');
SELECT redshift.deferred('select p.region, p.bolt from (select region, product, amount from sales) s pivot (min(amount) for product in (''bolt'')) as p where p.bolt > 8');
SELECT redshift.deferred('with w as (select 1 as q1, 2 as q2, null::int as q3) select * from w unpivot (n for quarter in (q1, q2 as second, q3))');
SELECT redshift.deferred('select quarter, n, id from (select 7 as id, 1 as q1, null::int as q3) unpivot include nulls (n for quarter in (q1, q3)) u where u.id = 7');
SELECT redshift.deferred('select * from (select region, product, id from sales union all select ''east'', null, 9) pivot (count(*) as n, max(id) for product in (''bolt'', null, null as nothing)) order by region');
SELECT redshift.deferred('select * from sales pivot (max(amount) for product in ())');
SELECT translated('select pivot from pivot, t pivot, unpivot (a) x');

-- (+)
SELECT redshift.deferred('select s.id, r.manager from sales s, regions r where s.region = r.region(+) and s.id > 1 order by s.id');
SELECT redshift.deferred('select s.id, r.region, s2.id from sales s2, regions r, sales s where s2.id(+) = s.id + 3 and s.region(+) = r.region and s.amount (+) between 5 and 20 order by 2, 1');
SELECT redshift.deferred('select id, manager from sales, regions r where sales.region = r.region(+) and manager(+) = ''Ann'' and id < 4 order by id');
SELECT redshift.deferred('select 1 from sales s, regions r where s.region = r.region(+) or s.id = 1');
SELECT redshift.deferred('select 1 from sales s join regions r on true where s.region = r.region(+)');
SELECT redshift.deferred('select 1 from (sales s cross join regions q), regions r where s.region = r.region(+)');
SELECT redshift.deferred('select 1 from sales s, regions r where s.region(+) = r.region(+)');
SELECT redshift.deferred('select 1 from sales s, regions r where s.region(+) = r.region and r.manager(+) = s.product');

-- Whose column it is, only the catalog knows.
SELECT translated('select id from sales, regions r where sales.region = r.region(+) and manager(+) = ''Ann''');

-- CONNECT BY
SELECT redshift.deferred('select id, name, manager_id, level from staff where level < 4 start with name = ''John'' connect by prior id = manager_id order by level, id');
SELECT redshift.deferred('select count(*) from staff as s connect by prior s.id = s.manager_id start with s.name = ''John''');
SELECT redshift.deferred('select *, level as depth from staff e connect by level <= 2 and e.manager_id = prior e.id start with manager_id is null order by 1');
SELECT redshift.deferred('select a.name, b.name from staff a join staff b on a.id = b.manager_id start with a.name = ''John'' connect by prior b.id = a.id order by 1, 2');
UPDATE staff SET manager_id = 105 WHERE id = 101;
SELECT redshift.deferred('select id, level from staff start with id = 101 connect by nocycle prior id = manager_id order by 2, 1');
SELECT translated('select start, connect from t start where level = 1 and prior = 2');

-- SUPER
CREATE TABLE orders (id int, doc jsonb);
INSERT INTO orders VALUES (1, '{"customer": {"name": "Ann", "Tags": ["a", "b"]}, "lines": [{"sku": "x", "qty": 2}, {"sku": "y", "qty": 1}]}'), (2, '{"lines": "none"}');
SELECT translated('select o.doc.customer.name, o.doc.lines[0].sku, doc[0].a, doc[0], o.doc from orders o');
SELECT translated('select s.orders.doc, a.doc[i].b, e.f[1] from s.orders, orders a, emp e');
SELECT redshift.deferred('select o.doc.customer.name, doc.lines[1].sku::varchar(5) as sku, o.doc.lines[7].sku as none from orders o where o.id = 1');
SELECT redshift.deferred('select id from orders o where o.doc.customer.name = ''Ann'' and o.doc.lines[0].qty >= 2');
SELECT redshift.deferred('select o.id, l.sku, i, l from orders o, o.doc.lines as l at i order by 1, 3');
SELECT redshift.deferred('select o.id, x, item.qty from orders o, unnest(o.doc.lines) as x(item) order by 1, 3');
SELECT redshift.deferred('select u from (select array[1, 2] as a) t, unnest(t.a) u');
SELECT redshift.deferred('select o.id, v, k from orders o, unpivot o.doc.customer as v at k order by k');
SELECT redshift.deferred('select o.id, l.qty from orders o left join o.doc.lines l on true order by 1, 2');

SELECT redshift.deferred('select cast(o.doc.customer.name as varchar) as n, convert(varchar(2), o.doc.lines[0].sku) as s from orders o where id = 1');

SELECT redshift.deferred('select ''abc''::super as a, cast(''[1]'' as super) as b, convert(super, id) as c, o.doc.lines::super as d, (id + 1)::super as e, upper(''x'')::super from orders o where id = 1');
SELECT redshift.deferred('select json_parse(''{"a": [1, {"b": "x"}]}'').a[1].b, json_parse(''{"a": "y"}'').a::varchar as c');

SELECT redshift.deferred('select ''2024-01-31''::date::super as a, -2.5::super as b, ''7''::varchar(3)::int::super as c, 1 as d from orders where id = 1');
SELECT redshift.deferred('select k, v from (select json_parse(''[{"a": 1, "b": [2]}, {"c": null}]'') as doc) t, t.doc as o, unpivot o as v at k');
SELECT redshift.deferred('select k from (select json_parse(''[{"a": 1, "b": [2]}]'') as doc) t, t.doc as o, unpivot o v at k');
SELECT redshift.deferred('select x, y, i, j from (select json_parse(''[[1.5, 2], [], [3]]'') as doc) t, t.doc as x at i, x as y at j');
SELECT redshift.deferred('select x.id, y.id from orders o, orders x, o y where x.id = 1 and o.id = 1');

-- Elements that are compared by their names alone
SELECT redshift.deferred('select x from (select json_parse(''["a", 1, "b", true, null]'') as doc) t, t.doc as x where x = ''a'' or 1 = x or ''b'' <= x or x in (''c'', true)');
SELECT redshift.deferred('select x, case when x <> ''a'' then 1 end from (select json_parse(''["a", "b"]'') as doc) t left join t.doc as x on x = ''b''');
SELECT redshift.deferred('select x from (select json_parse(''["a", "b"]'') as doc, ''b''::varchar as name) t, t.doc as x where x = t.name');

-- Elements by their numbers, of columns and of elements; PostgreSQL's arrays stay
SELECT redshift.deferred('select x[0], t.doc[1] from (select 1 as id, json_parse(''[["a", 1], "b"]'') as doc, ''{p,q}''::text[] as plain) t, t.doc as x where x[0] = ''a'' and t.doc[1] = ''b'' and doc[1] in (''b'', ''c'') and plain[1] = ''p'' and t.plain[2] in (''q'')');
-- Paths of the table that UPDATE or DELETE changes, without its name
CREATE TABLE papers (id int, doc jsonb, tags jsonb) USING redshift;
INSERT INTO papers VALUES (1, '{"a": {"b": 5}, "s": "t"}', '["x", "y"]'), (2, '{"a": {"b": 7}}', '["y"]'), (3, '{"a": {"b": 9}}', '[]');
SELECT redshift.deferred('update papers set id = id + doc.a.b::int where doc.s = ''t''');
SELECT redshift.deferred('update papers p set id = 20 from sales s where doc.a.b = 7 and s.id = 1');
SELECT redshift.deferred('delete from papers where doc.a.b > 8');
SELECT id, doc FROM papers ORDER BY id;
SELECT redshift.deferred('update papers set id = 21 where tags[0] = ''y''');
SELECT redshift.deferred('delete papers using sales where doc.a.b = 7 and sales.id = 1');
SELECT id FROM papers ORDER BY id;
SELECT redshift.deferred('update papers set id = 1 where missing.a.b = 7');
DROP TABLE papers;

-- WITH that doesn't say that it is recursive
SELECT translated('with t (n) as (select 1 union all select n + 1 from t where n < 5) select * from t; with t as (select 1 union all select a from t) select 1');
SELECT translated('with t (n) as (select a from t union all select a from u) select 1 from t; with a (x) as (select 1 union select x from b), b (x) as (select 1) delete t');
SELECT redshift.deferred('with t (n) as (select 1 union all select n + 1 from t where n < 5) select max(n), count(*) from (select * exclude (m) from (select n, 1 as m from t))');

-- Names of columns
SELECT redshift.deferred('select lag(id) ignore nulls over (order by id), datediff(day, sold, ''2024-02-01''), extract(year from sold), first_value(id) over (), 1 + datediff(day, sold, sold) from sales where id = 1');

-- Errors are shown where they are, also those of what is asked before
\set VERBOSITY default
SELECT redshift.deferred('select * exclude (id) from (select wrong from sales)');
SELECT redshift.deferred('with w as (select 1 as a) select a + wrong as b from w qualify row_number() over (order by a) = 1');
\set VERBOSITY terse

-- Without a schema, in brackets, at any depth
SELECT redshift.deferred('insert into regions select top 1 region || ''2'' as a, a || ''3'' from (select * exclude (manager) from regions minus (select top 1 ''east''))');
SELECT * FROM regions ORDER BY 1;
PREPARE q AS SELECT redshift.deferred('select * exclude (sold) from sales where id = $1 qualify row_number() over (order by id) <= $2');
EXECUTE q(3, 1);
ALTER TABLE sales ADD COLUMN extra int DEFAULT 5;
EXECUTE q(3, 1);
DEALLOCATE q;
SELECT translated('select 1 where 2 from t; select 1 from t from u; select 1 where a where b group by all group by 1');
DROP TABLE sales, regions, staff, orders;
DROP FUNCTION translated;
