-- A retailer with three channels, as decision support benchmarks have it: dimensions, sales
-- and returns of each channel, and stocks.  Rows depend on the numbers of rows alone; some
-- keys are NULL, some refer to nothing.
--
-- Plain tables in the schema heap; the same columns spread over nodes in the schema spread.
CREATE SCHEMA heap;
SET search_path = heap, public;

-- A number from 0 to n - 1 for row i of what is called name.
CREATE FUNCTION public.pick(i int8, name text, n int8) RETURNS int8 LANGUAGE sql IMMUTABLE
	RETURN ((hashint8extended(i, hashtext(name)) & 9223372036854775807) % n);

CREATE TABLE calendar AS
SELECT d AS day_id, day, extract(year FROM day)::int AS year, extract(month FROM day)::int AS month,
	extract(quarter FROM day)::int AS quarter, (day - date '2019-01-01') / 7 AS week,
	to_char(day, 'FMDay') AS weekday, extract(isodow FROM day) > 5 AS weekend
FROM (SELECT d, date '2019-01-01' + d AS day FROM generate_series(0, 1095) d) days;

CREATE TABLE item AS
SELECT i::int8 AS item_id, 'SKU' || lpad(i::text, 8, '0') AS sku,
	(ARRAY['Books', 'Music', 'Home', 'Sports', 'Shoes', 'Jewelry', 'Garden', NULL])[1 + pick(i, 'category', 8)] AS category,
	'class ' || pick(i, 'class', 12) AS class, 'brand #' || pick(i, 'brand', 40) AS brand,
	pick(i, 'manufacturer', 60)::int AS manufacturer,
	(ARRAY['red', 'green', 'blue', 'plum', 'puff', 'misty'])[1 + pick(i, 'colour', 6)]::char(8) AS colour,
	(pick(i, 'price', 20000) / 100.0)::numeric(7,2) AS price
FROM generate_series(1, 600) i;

CREATE TABLE store AS
SELECT i::int AS store_id, 'store ' || chr(64 + i) AS name, (ARRAY['TN', 'SD', 'AL', 'GA'])[1 + i % 4]::char(2) AS state,
	'county ' || i % 5 AS county, (100 + i * 13)::int2 AS employees, 'zip' || (i * 37) % 100 AS zip
FROM generate_series(1, 12) i;

CREATE TABLE warehouse AS
SELECT i::int AS warehouse_id, 'warehouse ' || i AS name, i * 1000 AS square_feet FROM generate_series(1, 5) i;

CREATE TABLE promotion AS
SELECT i::int AS promotion_id, i % 3 = 0 AS by_mail, i % 5 = 0 AS by_event FROM generate_series(1, 30) i;

CREATE TABLE household AS
SELECT i::int AS household_id, pick(i, 'income', 20)::int AS income_band, pick(i, 'dependants', 8)::int AS dependants,
	pick(i, 'vehicles', 5)::int - 1 AS vehicles
FROM generate_series(1, 300) i;

CREATE TABLE address AS
SELECT i::int AS address_id, 'city ' || pick(i, 'city', 30) AS city, 'county ' || pick(i, 'county', 9) AS county,
	(ARRAY['TN', 'SD', 'AL', 'GA', 'CA', 'WA'])[1 + pick(i, 'state', 6)]::char(2) AS state,
	'zip' || pick(i, 'zip', 100) AS zip, -5 - pick(i, 'offset', 4)::int AS gmt_offset
FROM generate_series(1, 900) i;

CREATE TABLE customer AS
SELECT i::int8 AS customer_id, 'C' || lpad(i::text, 10, '0') AS code, nullif('First' || pick(i, 'first', 50), 'First0') AS first_name,
	'Last' || pick(i, 'last', 80) AS last_name, 1930 + pick(i, 'born', 70)::int AS born,
	1 + pick(i, 'address', 900)::int AS address_id, nullif(pick(i, 'household', 310)::int, 0) AS household_id,
	(ARRAY['GERMANY', 'CHILE', 'JAPAN', 'KENYA', NULL])[1 + pick(i, 'country', 5)] AS birth_country
FROM generate_series(1, 1500) i;

-- The sales of a channel: several lines an order.
CREATE FUNCTION public.sales(channel text, lines int8)
RETURNS TABLE (order_id int8, item_id int8, day_id int, customer_id int8, promotion_id int, quantity int,
	list_price numeric(7,2), price numeric(7,2), cost numeric(7,2), profit numeric(9,2), ship_days int)
LANGUAGE sql AS $$
	SELECT o, 1 + pick(i, channel || 'item', 610), nullif(pick(o, channel || 'day', 1096)::int, 17), nullif(1 + pick(o, channel || 'customer', 1530), 3),
		nullif(pick(i, channel || 'promotion', 33)::int, 0), q, l, p, c, ((p - c) * q)::numeric(9,2), pick(i, channel || 'ship', 130)::int
	FROM (SELECT i, i / 4 AS o, 1 + pick(i, channel || 'quantity', 100)::int AS q, l, c, (l * (100 - pick(i, channel || 'discount', 60)) / 100)::numeric(7,2) AS p
		FROM (SELECT i, (c * (100 + pick(i, channel || 'margin', 90)) / 100)::numeric(7,2) AS l, c
			FROM (SELECT i, (1 + pick(i, channel || 'cost', 9000) / 100.0)::numeric(7,2) AS c FROM generate_series(1, lines) i) costs) lists) prices
$$;

CREATE TABLE store_sales AS
SELECT *, nullif(1 + pick(order_id, 'store', 13)::int, 5) AS store_id FROM sales('store', 24000);
CREATE TABLE web_sales AS
SELECT *, 1 + pick(order_id, 'web warehouse', 5)::int AS warehouse_id FROM sales('web', 9000);
CREATE TABLE catalog_sales AS
SELECT *, 1 + pick(order_id, 'catalog warehouse', 5)::int AS warehouse_id FROM sales('catalog', 14000);

CREATE TABLE store_returns AS
SELECT order_id, item_id, day_id + 1 + pick(order_id, 'returned', 90)::int AS day_id, customer_id, store_id,
	1 + pick(order_id, 'quantity', quantity)::int AS quantity, (price * 0.9)::numeric(9,2) AS amount, (cost / 10)::numeric(7,2) AS loss,
	'reason ' || pick(item_id, 'reason', 6) AS reason
FROM store_sales WHERE pick(order_id * 7 + item_id, 'store return', 10) = 0;
CREATE TABLE web_returns AS
SELECT order_id, item_id, day_id + 1 + pick(order_id, 'returned', 60)::int AS day_id, customer_id,
	1 + pick(order_id, 'quantity', quantity)::int AS quantity, (price * 0.8)::numeric(9,2) AS amount, (cost / 5)::numeric(7,2) AS loss
FROM web_sales WHERE pick(order_id * 7 + item_id, 'web return', 10) = 0;
CREATE TABLE catalog_returns AS
SELECT order_id, item_id, day_id + 1 + pick(order_id, 'returned', 60)::int AS day_id, customer_id,
	1 + pick(order_id, 'quantity', quantity)::int AS quantity, (price * 0.7)::numeric(9,2) AS amount, (cost / 4)::numeric(7,2) AS loss
FROM catalog_sales WHERE pick(order_id * 7 + item_id, 'catalog return', 9) = 0;

CREATE TABLE inventory AS
SELECT w * 7 AS day_id, i::int8 AS item_id, h AS warehouse_id, nullif(pick(w * 1000000 + i * 10 + h, 'stock', 1000)::int, 0) AS on_hand
FROM generate_series(0, 52, 4) w, generate_series(1, 600, 3) i, generate_series(1, 5) h;

CREATE SCHEMA spread;
SET search_path = spread, public;
CREATE TABLE calendar (LIKE heap.calendar) USING redshift WITH (diststyle = all, sortkey = day_id);
CREATE TABLE item (LIKE heap.item) USING redshift WITH (distkey = item_id, sortkey = item_id);
CREATE TABLE store (LIKE heap.store) USING redshift WITH (diststyle = all);
CREATE TABLE warehouse (LIKE heap.warehouse) USING redshift WITH (diststyle = all);
CREATE TABLE promotion (LIKE heap.promotion) USING redshift WITH (diststyle = even);
CREATE TABLE household (LIKE heap.household) USING redshift WITH (diststyle = auto);
CREATE TABLE address (LIKE heap.address) USING redshift WITH (diststyle = even);
CREATE TABLE customer (LIKE heap.customer) USING redshift WITH (distkey = customer_id, sortkey = customer_id);
CREATE TABLE store_sales (LIKE heap.store_sales) USING redshift WITH (distkey = item_id, sortkey = day_id);
CREATE TABLE web_sales (LIKE heap.web_sales) USING redshift WITH (distkey = order_id, sortkey = day_id);
CREATE TABLE catalog_sales (LIKE heap.catalog_sales) USING redshift WITH (distkey = customer_id, sortkey = day_id);
CREATE TABLE store_returns (LIKE heap.store_returns) USING redshift WITH (distkey = item_id, sortkey = day_id);
CREATE TABLE web_returns (LIKE heap.web_returns) USING redshift WITH (distkey = order_id, sortkey = day_id);
CREATE TABLE catalog_returns (LIKE heap.catalog_returns) USING redshift WITH (diststyle = even, sortkey = day_id);
CREATE TABLE inventory (LIKE heap.inventory) USING redshift WITH (diststyle = even, sortkey = day_id);

SELECT format('INSERT INTO spread.%I SELECT * FROM heap.%I; ANALYZE spread.%I; ANALYZE heap.%I', relname, relname, relname, relname)
FROM pg_class WHERE relnamespace = 'heap'::regnamespace AND relkind = 'r' ORDER BY relname \gexec
