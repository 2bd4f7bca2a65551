-- What the planner chooses, knowing what the engine costs.
CREATE TABLE facts (id bigint, day date, part int, amount numeric(12,2), note text) USING redshift WITH (sortkey = 'day, id');
INSERT INTO facts SELECT i, date '2024-01-01' + (i / 1000), i % 5000, i % 100 / 4.0, repeat('note ', 4) || i FROM generate_series(1, 200000) i;
CREATE TABLE parts (part int, name text) USING redshift WITH (sortkey = 'part');
INSERT INTO parts SELECT i, 'part ' || i FROM generate_series(0, 4999) i;
CREATE TABLE heap_facts AS SELECT * FROM facts;
CREATE INDEX facts_id ON facts (id);
CREATE INDEX heap_facts_id ON heap_facts (id);
ANALYZE facts, parts, heap_facts;

-- the root's total cost
CREATE FUNCTION cost_of(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  RETURN plan -> 0 -> 'Plan' ->> 'Total Cost';
END $$;

-- one row by its key: the index; many: the scan
EXPLAIN (COSTS OFF) SELECT * FROM facts WHERE id = 77;
EXPLAIN (COSTS OFF) SELECT sum(amount) FROM facts WHERE id > 1000;
EXPLAIN (COSTS OFF) SELECT p.name FROM facts f JOIN parts p USING (part) WHERE f.id = 77;
-- workers start for no work of a few milliseconds
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT part, sum(amount) FROM facts GROUP BY part;
EXPLAIN (COSTS OFF) SELECT name, sum(amount) FROM facts JOIN parts USING (part) GROUP BY name;
EXPLAIN (COSTS OFF) SELECT id FROM facts ORDER BY day, id LIMIT 3;
SET parallel_setup_cost = 0;
EXPLAIN (COSTS OFF) SELECT sum(amount) FROM facts;
RESET parallel_setup_cost;
-- both sides large: no merge join, and the smaller side is hashed
EXPLAIN (COSTS OFF) SELECT count(*) FROM facts a JOIN facts b USING (id);
EXPLAIN (COSTS OFF) SELECT count(*) FROM parts p JOIN facts f USING (part);
EXPLAIN (COSTS OFF) SELECT count(*) FROM parts p WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.part = p.part AND amount > 20);
-- what it costs: little beside heap; less for fewer columns, narrow ones, and days of the sort key
SELECT cost_of('SELECT sum(amount) FROM facts') * 5 < cost_of('SELECT sum(amount) FROM heap_facts') AS below_heap,
  cost_of('SELECT sum(amount) FROM facts WHERE part > 3') > cost_of('SELECT sum(part) FROM facts WHERE part > 3') AS by_columns,
  cost_of('SELECT max(note) FROM facts WHERE part > 3') > cost_of('SELECT max(day) FROM facts WHERE part > 3') AS by_width,
  cost_of('SELECT sum(amount) FROM facts WHERE day < ''2024-01-10''') * 4 < cost_of('SELECT sum(amount) FROM facts') AS by_days,
  cost_of('SELECT id FROM facts ORDER BY day LIMIT 3') < cost_of('SELECT id FROM facts ORDER BY part LIMIT 3') AS by_end,
  cost_of('SELECT * FROM facts WHERE id = 77') < cost_of('SELECT sum(amount) FROM facts') AS by_index;
SET redshift.enable_vector = off;
EXPLAIN (COSTS OFF) SELECT part, sum(amount) FROM facts GROUP BY part;
RESET redshift.enable_vector;
DROP TABLE facts, parts, heap_facts;
DROP FUNCTION cost_of(text);

-- pairs that a join by several columns gives: as many as there are, by and large
CREATE TABLE supplies (part int, supplier int, region int, price int) USING redshift;
INSERT INTO supplies SELECT i / 4, i % 1000, i % 10, i FROM generate_series(1, 20000) i;
CREATE TABLE sales (part int, supplier int, region int, id int) USING redshift;
INSERT INTO sales SELECT part, supplier, region, i FROM supplies, generate_series(1, 3) i;
ANALYZE supplies, sales;
CREATE FUNCTION estimate_is_near(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan json; rows double precision;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  EXECUTE format('SELECT count(*) FROM (%s) q', query) INTO rows;
  RETURN (plan -> 0 -> 'Plan' ->> 'Plan Rows')::double precision BETWEEN rows / 3 AND rows * 3;
END $$;
SELECT estimate_is_near('SELECT * FROM sales JOIN supplies USING (part, supplier)') AS two,
  estimate_is_near('SELECT * FROM sales JOIN supplies USING (part, supplier, region)') AS three,
  estimate_is_near('SELECT * FROM sales JOIN supplies USING (part, supplier) WHERE price < 2000') AS filtered,
  estimate_is_near('SELECT * FROM sales s JOIN supplies x USING (part, supplier) JOIN supplies y USING (part, supplier)') AS three_tables,
  estimate_is_near('SELECT * FROM sales LEFT JOIN supplies USING (part, supplier)') AS outer_join;
DROP TABLE supplies, sales;
DROP FUNCTION estimate_is_near(text);
