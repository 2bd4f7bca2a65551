-- Decision support over the retailer of schema.sql: each query has a name, a comment that
-- begins with two dashes and a colon, and ends with a semicolon.

--: customers who return more than 1.2 times what others of their state and store do
WITH returned AS (
	SELECT customer_id, store_id, sum(amount) AS total
	FROM store_returns JOIN calendar USING (day_id) WHERE year = 2020 GROUP BY customer_id, store_id)
SELECT code FROM returned r JOIN store USING (store_id) JOIN customer USING (customer_id)
WHERE state = 'TN' AND r.total > (SELECT avg(o.total) * 1.2 FROM returned o WHERE o.store_id = r.store_id)
ORDER BY code LIMIT 100;

--: sales of two channels by week, against the same week of the next year
WITH both_channels AS (
	SELECT day_id, price * quantity AS sold FROM web_sales
	UNION ALL
	SELECT day_id, price * quantity FROM catalog_sales),
weeks AS (
	SELECT week, sum(sold) FILTER (WHERE weekday = 'Sunday') AS sunday, sum(sold) FILTER (WHERE weekday = 'Monday') AS monday,
		sum(CASE WHEN weekday = 'Saturday' THEN sold END) AS saturday
	FROM both_channels JOIN calendar USING (day_id) GROUP BY week)
SELECT a.week, round(a.sunday / b.sunday, 2), round(a.monday / b.monday, 2), round(a.saturday / b.saturday, 2)
FROM weeks a JOIN weeks b ON a.week = b.week - 52 ORDER BY a.week;

--: brands of a manufacturer by year
SELECT year, brand, sum(price_of) AS total
FROM (SELECT year, brand, s.price * quantity AS price_of, manufacturer
	FROM calendar JOIN store_sales s USING (day_id) JOIN item USING (item_id)) x
WHERE manufacturer = 28 GROUP BY year, brand ORDER BY year, total DESC, brand;

--: customers whose web spending grows faster than their store spending
WITH totals AS (
	SELECT customer_id, year, 's' AS channel, sum(profit) AS total FROM store_sales JOIN calendar USING (day_id) GROUP BY 1, 2
	UNION ALL
	SELECT customer_id, year, 'w', sum(profit) FROM web_sales JOIN calendar USING (day_id) GROUP BY 1, 2)
SELECT code, first_name, last_name
FROM customer c
	JOIN totals s1 ON s1.customer_id = c.customer_id AND s1.channel = 's' AND s1.year = 2019 AND s1.total > 0
	JOIN totals s2 ON s2.customer_id = c.customer_id AND s2.channel = 's' AND s2.year = 2020
	JOIN totals w1 ON w1.customer_id = c.customer_id AND w1.channel = 'w' AND w1.year = 2019 AND w1.total > 0
	JOIN totals w2 ON w2.customer_id = c.customer_id AND w2.channel = 'w' AND w2.year = 2020
WHERE w2.total / w1.total > s2.total / s1.total
ORDER BY code, first_name, last_name;

--: profit and loss of the channels with subtotals
WITH stores AS (
	SELECT store_id, sum(sold) AS sold, sum(returned) AS returned, sum(profit) AS profit
	FROM (SELECT store_id, day_id, price * quantity AS sold, 0::numeric AS returned, profit FROM store_sales
		UNION ALL SELECT store_id, day_id, 0, amount, -loss FROM store_returns) x
		JOIN calendar USING (day_id) WHERE day BETWEEN date '2020-08-01' AND date '2020-09-15' GROUP BY store_id),
webs AS (
	SELECT warehouse_id, sum(price * w.quantity) AS sold, sum(coalesce(amount, 0)) AS returned, sum(profit - coalesce(loss, 0)) AS profit
	FROM web_sales w LEFT JOIN web_returns r USING (order_id, item_id) JOIN calendar c ON c.day_id = w.day_id
	WHERE c.day BETWEEN date '2020-08-01' AND date '2020-09-15' GROUP BY warehouse_id)
SELECT channel, id, sum(sold), sum(returned), sum(profit), grouping(channel, id)
FROM (SELECT 'store' AS channel, 'store' || store_id AS id, sold, returned, profit FROM stores
	UNION ALL SELECT 'web', 'warehouse' || warehouse_id, sold, returned, profit FROM webs) x
GROUP BY ROLLUP (channel, id) ORDER BY channel, id, 3;

--: states where items dear for their category are bought
SELECT a.state, count(*) AS bought
FROM address a JOIN customer c USING (address_id) JOIN store_sales s USING (customer_id) JOIN calendar d USING (day_id) JOIN item i USING (item_id)
WHERE d.month = (SELECT DISTINCT month FROM calendar WHERE year = 2020 AND month = 3)
	AND i.price > 1.2 * (SELECT avg(j.price) FROM item j WHERE j.category = i.category)
GROUP BY a.state HAVING count(*) >= 10 ORDER BY bought, a.state;

--: averages for a kind of household without promotions
SELECT sku, avg(quantity), avg(list_price), avg(s.price), count(*)
FROM store_sales s JOIN item USING (item_id) JOIN promotion p USING (promotion_id) JOIN customer USING (customer_id) JOIN household USING (household_id)
WHERE dependants > 2 AND (NOT p.by_mail OR NOT p.by_event) GROUP BY sku ORDER BY sku LIMIT 100;

--: zip codes common to a list and to frequent customers
SELECT s.name, sum(profit)
FROM store_sales JOIN store s USING (store_id) JOIN calendar USING (day_id),
	(SELECT zip FROM address WHERE zip = ANY (ARRAY['zip1', 'zip5', 'zip37', 'zip74', 'zip11', 'zip48'])
	INTERSECT
	SELECT zip FROM (SELECT zip, count(*) FROM address JOIN customer USING (address_id) GROUP BY zip HAVING count(*) > 8) f) z
WHERE quarter = 2 AND year = 2019 AND substr(s.zip, 1, 5) = substr(z.zip, 1, 5)
GROUP BY s.name ORDER BY s.name;

--: buckets of quantities by scalar subqueries
SELECT CASE WHEN (SELECT count(*) FROM store_sales WHERE quantity BETWEEN 1 AND 20) > 2000
		THEN (SELECT avg(list_price) FROM store_sales WHERE quantity BETWEEN 1 AND 20)
		ELSE (SELECT avg(profit) FROM store_sales WHERE quantity BETWEEN 1 AND 20) END AS first,
	CASE WHEN (SELECT count(*) FROM store_sales WHERE quantity BETWEEN 21 AND 40) > 90000
		THEN (SELECT avg(list_price) FROM store_sales WHERE quantity BETWEEN 21 AND 40)
		ELSE (SELECT avg(profit) FROM store_sales WHERE quantity BETWEEN 21 AND 40) END AS second
FROM promotion WHERE promotion_id = 1;

--: customers active in the store and in one of the other channels
SELECT state, vehicles, count(*), min(born), max(dependants), avg(born)
FROM customer c JOIN address a USING (address_id) JOIN household h USING (household_id)
WHERE EXISTS (SELECT FROM store_sales s JOIN calendar d USING (day_id) WHERE s.customer_id = c.customer_id AND d.year = 2020 AND d.quarter < 4)
	AND (EXISTS (SELECT FROM web_sales s JOIN calendar d USING (day_id) WHERE s.customer_id = c.customer_id AND d.year = 2020 AND d.quarter < 4)
		OR EXISTS (SELECT FROM catalog_sales s JOIN calendar d USING (day_id) WHERE s.customer_id = c.customer_id AND d.year = 2020 AND d.quarter < 4))
GROUP BY state, vehicles ORDER BY state, vehicles;

--: share of an item in the sales of its class
SELECT sku, category, class, sum(s.price) AS sold, sum(s.price) * 100 / sum(sum(s.price)) OVER (PARTITION BY class) AS share
FROM web_sales s JOIN item USING (item_id) JOIN calendar USING (day_id)
WHERE category IN ('Sports', 'Books', 'Home') AND day BETWEEN date '2019-02-22' AND date '2019-02-22' + 30
GROUP BY sku, category, class, item_id ORDER BY category, class, sku, share;

--: alternatives of conditions on several dimensions
SELECT avg(quantity), avg(s.price), avg(cost), sum(cost)
FROM store_sales s JOIN store USING (store_id) JOIN customer c USING (customer_id) JOIN household h USING (household_id) JOIN address a USING (address_id) JOIN calendar USING (day_id)
WHERE year = 2020 AND ((dependants = 3 AND s.price BETWEEN 10 AND 150) OR (dependants = 1 AND s.price BETWEEN 5 AND 100))
	AND ((a.state IN ('TN', 'SD') AND profit BETWEEN 10 AND 2000) OR (a.state IN ('AL', 'GA', 'CA') AND profit BETWEEN 5 AND 3000));

--: brands sold in all channels, above the average sale
WITH common AS (
	SELECT item_id FROM item JOIN (
		SELECT brand, class FROM store_sales JOIN item USING (item_id) JOIN calendar USING (day_id) WHERE year = 2019
		INTERSECT SELECT brand, class FROM catalog_sales JOIN item USING (item_id) JOIN calendar USING (day_id) WHERE year = 2019
		INTERSECT SELECT brand, class FROM web_sales JOIN item USING (item_id) JOIN calendar USING (day_id) WHERE year = 2019) b USING (brand, class)),
average AS (
	SELECT avg(quantity * list_price) AS sale FROM (SELECT quantity, list_price FROM store_sales
		UNION ALL SELECT quantity, list_price FROM catalog_sales UNION ALL SELECT quantity, list_price FROM web_sales) x)
SELECT channel, brand, class, sum(sold), sum(number)
FROM (SELECT 'store' AS channel, brand, class, sum(quantity * list_price) AS sold, count(*) AS number
		FROM store_sales JOIN item USING (item_id) WHERE item_id IN (SELECT item_id FROM common) GROUP BY brand, class
		HAVING sum(quantity * list_price) > (SELECT sale FROM average)
	UNION ALL
	SELECT 'web', brand, class, sum(quantity * list_price), count(*)
		FROM web_sales JOIN item USING (item_id) WHERE item_id IN (SELECT item_id FROM common) GROUP BY brand, class
		HAVING sum(quantity * list_price) > (SELECT sale FROM average)) y
GROUP BY ROLLUP (channel, brand, class) ORDER BY channel, brand, class LIMIT 200;

--: orders shipped from one warehouse only and never returned
SELECT count(DISTINCT order_id), sum(price), sum(profit)
FROM catalog_sales s JOIN calendar USING (day_id)
WHERE day BETWEEN date '2020-02-01' AND date '2020-04-01'
	AND EXISTS (SELECT FROM catalog_sales t WHERE t.order_id = s.order_id AND t.item_id <> s.item_id)
	AND NOT EXISTS (SELECT FROM catalog_returns r WHERE r.order_id = s.order_id);

--: what is bought, returned and bought again, with deviations
SELECT i.sku, s.state, count(ss.quantity), avg(ss.quantity), stddev_samp(ss.quantity), count(sr.quantity), stddev_samp(sr.quantity) / avg(sr.quantity) AS variation
FROM store_sales ss JOIN store_returns sr USING (order_id, item_id) JOIN store s ON s.store_id = ss.store_id JOIN item i USING (item_id)
GROUP BY i.sku, s.state ORDER BY 1, 2 LIMIT 100;

--: averages of columns by place of the customer, all subtotals
SELECT sku, birth_country, state, avg(quantity), avg(list_price), avg(profit)
FROM catalog_sales JOIN item USING (item_id) JOIN customer USING (customer_id) JOIN address USING (address_id)
WHERE state IN ('TN', 'GA') AND item_id < 30
GROUP BY CUBE (sku, birth_country, state) ORDER BY sku, birth_country, state, 4;

--: brands bought by customers of another zip than that of the store
SELECT brand, manufacturer, sum(s.price) AS sold
FROM calendar JOIN store_sales s USING (day_id) JOIN item USING (item_id) JOIN customer c USING (customer_id) JOIN address a USING (address_id) JOIN store t USING (store_id)
WHERE month = 11 AND year = 2019 AND substr(a.zip, 4, 1) <> substr(t.zip, 4, 1)
GROUP BY brand, manufacturer ORDER BY sold DESC, brand, manufacturer LIMIT 100;

--: stock before and after a day
SELECT name, sku, sum(CASE WHEN day < date '2019-07-01' THEN on_hand ELSE 0 END) AS before, sum(CASE WHEN day >= date '2019-07-01' THEN on_hand ELSE 0 END) AS after
FROM inventory JOIN warehouse USING (warehouse_id) JOIN item USING (item_id) JOIN calendar USING (day_id)
WHERE price BETWEEN 10 AND 40 GROUP BY name, sku
HAVING sum(CASE WHEN day < date '2019-07-01' THEN on_hand END) / nullif(sum(CASE WHEN day >= date '2019-07-01' THEN on_hand END), 0)::numeric BETWEEN 2.0 / 3 AND 3.0 / 2
ORDER BY name, sku LIMIT 100;

--: average stock by every level of a hierarchy
SELECT category, class, brand, sku, avg(on_hand) AS stock
FROM inventory JOIN item USING (item_id) GROUP BY ROLLUP (category, class, brand, sku) ORDER BY stock, category, class, brand, sku LIMIT 100;

--: frequent items and best customers in a month of two channels
WITH frequent AS (
	SELECT item_id FROM store_sales JOIN calendar USING (day_id) WHERE year IN (2019, 2020) GROUP BY item_id, month HAVING count(*) > 5),
best AS (
	SELECT customer_id FROM store_sales WHERE customer_id IS NOT NULL GROUP BY customer_id
	HAVING sum(quantity * price) > 0.5 * (SELECT max(spent) FROM (SELECT sum(quantity * price) AS spent FROM store_sales WHERE customer_id IS NOT NULL GROUP BY customer_id) m))
SELECT last_name, first_name, sum(sold)
FROM (SELECT customer_id, quantity * list_price AS sold FROM catalog_sales JOIN calendar USING (day_id)
		WHERE month = 2 AND item_id IN (SELECT item_id FROM frequent) AND customer_id IN (SELECT customer_id FROM best)
	UNION ALL SELECT customer_id, quantity * list_price FROM web_sales JOIN calendar USING (day_id)
		WHERE month = 2 AND item_id IN (SELECT item_id FROM frequent) AND customer_id IN (SELECT customer_id FROM best)) x
	JOIN customer USING (customer_id)
GROUP BY last_name, first_name ORDER BY last_name, first_name, 3;

--: prices paid by people who live abroad, by colour above an average
WITH paid AS (
	SELECT last_name, first_name, name, colour, sum(s.price) AS total
	FROM store_sales s JOIN store_returns USING (order_id, item_id) JOIN store t ON t.store_id = s.store_id JOIN item USING (item_id) JOIN customer c ON c.customer_id = s.customer_id JOIN address a USING (address_id)
	WHERE birth_country <> upper(a.state) GROUP BY last_name, first_name, name, colour)
SELECT last_name, first_name, name, sum(total) FROM paid WHERE colour = 'plum'
GROUP BY last_name, first_name, name HAVING sum(total) > (SELECT 0.05 * avg(total) FROM paid) ORDER BY 1, 2, 3;

--: three facts of one purchase, returned and bought again elsewhere
SELECT sku, name, stddev_pop(ss.quantity), max(sr.quantity), min(cs.quantity), count(*)
FROM store_sales ss JOIN store_returns sr USING (order_id, item_id) JOIN catalog_sales cs ON cs.customer_id = sr.customer_id
	JOIN item i ON i.item_id = ss.item_id JOIN store s ON s.store_id = ss.store_id
WHERE cs.day_id BETWEEN sr.day_id AND sr.day_id + 30 GROUP BY sku, name ORDER BY sku, name LIMIT 100;

--: six slices of prices side by side
SELECT * FROM
	(SELECT avg(list_price) AS a1, count(list_price) AS c1, count(DISTINCT list_price) AS d1 FROM store_sales WHERE quantity BETWEEN 0 AND 5 AND (list_price BETWEEN 8 AND 60 OR profit BETWEEN 4 AND 900)) b1,
	(SELECT avg(list_price) AS a2, count(list_price) AS c2, count(DISTINCT list_price) AS d2 FROM store_sales WHERE quantity BETWEEN 6 AND 10 AND (list_price BETWEEN 9 AND 70 OR profit BETWEEN 2 AND 90)) b2,
	(SELECT avg(list_price) AS a3, count(list_price) AS c3, count(DISTINCT list_price) AS d3 FROM store_sales WHERE quantity BETWEEN 11 AND 15 AND (list_price BETWEEN 14 AND 80 OR profit BETWEEN 7 AND 300)) b3;

--: returns of customers above the average of their state
WITH returned AS (
	SELECT customer_id, state, sum(amount) AS total FROM web_returns JOIN customer USING (customer_id) JOIN address USING (address_id) JOIN calendar USING (day_id)
	WHERE year = 2020 GROUP BY customer_id, state)
SELECT code, first_name, last_name, total FROM returned r JOIN customer USING (customer_id)
WHERE total > (SELECT avg(total) * 1.2 FROM returned o WHERE o.state = r.state) ORDER BY code, total;

--: counties where one channel grows faster than another, quarter by quarter
WITH s AS (SELECT county, quarter, year, sum(s.price) AS sold FROM store_sales s JOIN calendar USING (day_id) JOIN customer USING (customer_id) JOIN address USING (address_id) GROUP BY 1, 2, 3),
	w AS (SELECT county, quarter, year, sum(s.price) AS sold FROM web_sales s JOIN calendar USING (day_id) JOIN customer USING (customer_id) JOIN address USING (address_id) GROUP BY 1, 2, 3)
SELECT s1.county, w2.sold / w1.sold AS web, s2.sold / s1.sold AS store
FROM s s1, s s2, w w1, w w2
WHERE s1.quarter = 1 AND s1.year = 2020 AND s2.county = s1.county AND s2.quarter = 2 AND s2.year = 2020
	AND w1.county = s1.county AND w1.quarter = 1 AND w1.year = 2020 AND w2.county = s1.county AND w2.quarter = 2 AND w2.year = 2020
	AND CASE WHEN w1.sold > 0 THEN w2.sold / w1.sold END > CASE WHEN s1.sold > 0 THEN s2.sold / s1.sold END / 2
ORDER BY s1.county;

--: discounts above 1.3 times the average of the item
SELECT sum(list_price - s.price) AS excess
FROM catalog_sales s JOIN calendar USING (day_id) JOIN item i USING (item_id)
WHERE manufacturer < 30 AND list_price - s.price > (SELECT 1.3 * avg(t.list_price - t.price) FROM catalog_sales t JOIN calendar d USING (day_id) WHERE t.item_id = i.item_id AND d.year = 2020);

--: a category of three channels together
WITH ss AS (SELECT manufacturer, sum(s.price) AS total FROM store_sales s JOIN item i USING (item_id) WHERE manufacturer IN (SELECT manufacturer FROM item WHERE category = 'Books') GROUP BY 1),
	cs AS (SELECT manufacturer, sum(s.price) AS total FROM catalog_sales s JOIN item i USING (item_id) WHERE manufacturer IN (SELECT manufacturer FROM item WHERE category = 'Books') GROUP BY 1),
	ws AS (SELECT manufacturer, sum(s.price) AS total FROM web_sales s JOIN item i USING (item_id) WHERE manufacturer IN (SELECT manufacturer FROM item WHERE category = 'Books') GROUP BY 1)
SELECT manufacturer, sum(total) FROM (SELECT * FROM ss UNION ALL SELECT * FROM cs UNION ALL SELECT * FROM ws) x
GROUP BY manufacturer ORDER BY 2, 1 LIMIT 100;

--: households by how much they buy at a time
SELECT last_name, first_name, order_id, number
FROM (SELECT order_id, customer_id, count(*) AS number FROM store_sales JOIN calendar USING (day_id) JOIN store USING (store_id)
	WHERE extract(day FROM day) BETWEEN 1 AND 3 AND employees > 110 GROUP BY order_id, customer_id) x
	JOIN customer USING (customer_id) LEFT JOIN household USING (household_id)
WHERE number BETWEEN 3 AND 5 AND coalesce(vehicles, 1) > 0 ORDER BY last_name, first_name, order_id;

--: customers of the store, none of them on the web, by what they are
SELECT vehicles, income_band, count(*), avg(dependants), sum(born)
FROM customer c JOIN household USING (household_id)
WHERE EXISTS (SELECT FROM store_sales s WHERE s.customer_id = c.customer_id AND s.day_id BETWEEN 0 AND 120)
	AND NOT EXISTS (SELECT FROM web_sales s WHERE s.customer_id = c.customer_id)
	AND customer_id NOT IN (SELECT customer_id FROM catalog_returns WHERE customer_id IS NOT NULL)
GROUP BY vehicles, income_band ORDER BY vehicles, income_band;

--: margins ranked within levels of a rollup
SELECT sum(profit) / sum(s.price * quantity) AS margin, category, class, grouping(category) + grouping(class) AS level,
	rank() OVER (PARTITION BY grouping(category) + grouping(class), CASE WHEN grouping(class) = 0 THEN category END ORDER BY sum(profit) / sum(s.price * quantity)) AS place
FROM store_sales s JOIN item USING (item_id) JOIN calendar USING (day_id) WHERE year = 2019
GROUP BY ROLLUP (category, class) ORDER BY level DESC, CASE WHEN grouping(category) + grouping(class) = 0 THEN category END, place, category, class;

--: items in stock that the catalogue sells
SELECT DISTINCT sku, price FROM item i
WHERE price BETWEEN 20 AND 150 AND EXISTS (SELECT FROM inventory v WHERE v.item_id = i.item_id AND on_hand BETWEEN 100 AND 500)
	AND item_id IN (SELECT item_id FROM catalog_sales) ORDER BY sku;

--: customers of all three channels on a day, and of the store alone
SELECT (SELECT count(*) FROM (
		SELECT last_name, first_name, day FROM store_sales JOIN calendar USING (day_id) JOIN customer USING (customer_id) WHERE year = 2020
		INTERSECT SELECT last_name, first_name, day FROM catalog_sales JOIN calendar USING (day_id) JOIN customer USING (customer_id) WHERE year = 2020) x) AS both,
	(SELECT count(*) FROM (
		SELECT last_name, first_name, day FROM store_sales JOIN calendar USING (day_id) JOIN customer USING (customer_id) WHERE year = 2020
		EXCEPT SELECT last_name, first_name, day FROM catalog_sales JOIN calendar USING (day_id) JOIN customer USING (customer_id) WHERE year = 2020
		EXCEPT ALL SELECT last_name, first_name, day FROM web_sales JOIN calendar USING (day_id) JOIN customer USING (customer_id) WHERE year = 2020) x) AS store_alone;

--: stocks that vary in one month and the next
WITH varying AS (
	SELECT warehouse_id, item_id, month, avg(on_hand) AS mean, stddev_samp(on_hand) AS deviation
	FROM inventory JOIN calendar USING (day_id) WHERE year = 2019 GROUP BY warehouse_id, item_id, month
	HAVING stddev_samp(on_hand) / nullif(avg(on_hand), 0) > 0.2 OR count(*) = 1)
SELECT a.warehouse_id, a.item_id, a.month, a.mean, a.deviation / a.mean, b.month, b.mean
FROM varying a JOIN varying b USING (warehouse_id, item_id) WHERE a.month = 1 AND b.month = 4 AND a.mean < b.mean ORDER BY 1, 2, 3;

--: what was sold less what was returned around a day
SELECT w.name, i.sku, sum(CASE WHEN day < date '2020-04-08' THEN s.price - coalesce(amount, 0) ELSE 0 END) AS before, sum(CASE WHEN day >= date '2020-04-08' THEN s.price - coalesce(amount, 0) ELSE 0 END) AS after
FROM catalog_sales s LEFT JOIN catalog_returns r ON r.order_id = s.order_id AND r.item_id = s.item_id
	JOIN warehouse w USING (warehouse_id) JOIN item i ON i.item_id = s.item_id JOIN calendar c ON c.day_id = s.day_id
WHERE day BETWEEN date '2020-04-08' - 30 AND date '2020-04-08' + 30 GROUP BY w.name, i.sku ORDER BY w.name, i.sku LIMIT 100;

--: best and worst items of a store side by side
SELECT b.place, best.sku, worst.sku
FROM (SELECT item_id, rank() OVER (ORDER BY mean) AS place FROM (SELECT item_id, avg(profit) AS mean FROM store_sales WHERE store_id = 4 GROUP BY item_id
		HAVING avg(profit) > 0.2 * (SELECT avg(profit) FROM store_sales WHERE store_id = 4)) x) b
	JOIN (SELECT item_id, rank() OVER (ORDER BY mean DESC) AS place FROM (SELECT item_id, avg(profit) AS mean FROM store_sales WHERE store_id = 4 GROUP BY item_id) x) w USING (place)
	JOIN item best ON best.item_id = b.item_id JOIN item worst ON worst.item_id = w.item_id
WHERE b.place < 11 ORDER BY b.place, 2, 3;

--: months of a brand that differ from its year, with the ones before and after
WITH months AS (
	SELECT category, brand, name, year, month, sum(s.price) AS sold,
		avg(sum(s.price)) OVER (PARTITION BY category, brand, name, year) AS mean,
		rank() OVER (PARTITION BY category, brand, name ORDER BY year, month) AS place
	FROM item JOIN store_sales s USING (item_id) JOIN calendar USING (day_id) JOIN store USING (store_id)
	WHERE year = 2020 OR (year = 2019 AND month = 12) OR (year = 2021 AND month = 1) GROUP BY category, brand, name, year, month)
SELECT m.category, m.brand, m.name, m.year, m.month, m.mean, m.sold, p.sold, n.sold
FROM months m JOIN months p ON (m.brand, m.name, m.place) = (p.brand, p.name, p.place + 1) AND m.category IS NOT DISTINCT FROM p.category
	JOIN months n ON (m.brand, m.name, m.place) = (n.brand, n.name, n.place - 1) AND m.category IS NOT DISTINCT FROM n.category
WHERE m.year = 2020 AND m.mean > 0 AND abs(m.sold - m.mean) / m.mean > 0.1 ORDER BY m.sold - m.mean, 1, 2, 3, 4, 5 LIMIT 100;

--: worst ratios of returns in each channel
SELECT 'web' AS channel, item_id, ratio, place FROM (
	SELECT item_id, ratio, rank() OVER (ORDER BY ratio) AS place FROM (
		SELECT s.item_id, sum(coalesce(r.quantity, 0))::numeric / sum(s.quantity) AS ratio FROM web_sales s LEFT JOIN web_returns r USING (order_id, item_id) GROUP BY s.item_id) x) y WHERE place <= 10
UNION
SELECT 'store', item_id, ratio, place FROM (
	SELECT item_id, ratio, rank() OVER (ORDER BY ratio) AS place FROM (
		SELECT s.item_id, sum(coalesce(r.quantity, 0))::numeric / sum(s.quantity) AS ratio FROM store_sales s LEFT JOIN store_returns r USING (order_id, item_id) GROUP BY s.item_id) x) y WHERE place <= 10
ORDER BY 1, 4, 2;

--: running totals of two channels that overtake each other
WITH web AS (SELECT item_id, day, sum(sum(price)) OVER (PARTITION BY item_id ORDER BY day ROWS UNBOUNDED PRECEDING) AS total FROM web_sales JOIN calendar USING (day_id) WHERE item_id < 40 GROUP BY item_id, day),
	store AS (SELECT item_id, day, sum(sum(price)) OVER (PARTITION BY item_id ORDER BY day ROWS UNBOUNDED PRECEDING) AS total FROM store_sales JOIN calendar USING (day_id) WHERE item_id < 40 GROUP BY item_id, day)
SELECT item_id, day, web_total, store_total FROM (
	SELECT item_id, day, max(w.total) OVER o AS web_total, max(s.total) OVER o AS store_total
	FROM web w FULL JOIN store s USING (item_id, day) WINDOW o AS (PARTITION BY item_id ORDER BY day ROWS UNBOUNDED PRECEDING)) x
WHERE web_total > store_total ORDER BY item_id, day LIMIT 200;

--: net loss by reason and how long goods were kept
SELECT reason, CASE WHEN r.day_id - s.day_id <= 30 THEN '30 days' WHEN r.day_id - s.day_id <= 60 THEN '60 days' ELSE 'longer' END AS kept, count(*), sum(loss)
FROM store_sales s JOIN store_returns r USING (order_id, item_id) GROUP BY reason, kept ORDER BY reason, kept;

--: time to ship by warehouse, pivoted
SELECT name, sum(CASE WHEN ship_days <= 30 THEN 1 ELSE 0 END) AS d30, sum(CASE WHEN ship_days BETWEEN 31 AND 60 THEN 1 ELSE 0 END) AS d60,
	sum(CASE WHEN ship_days BETWEEN 61 AND 90 THEN 1 ELSE 0 END) AS d90, sum(CASE WHEN ship_days > 90 THEN 1 ELSE 0 END) AS more
FROM catalog_sales JOIN warehouse USING (warehouse_id) GROUP BY name ORDER BY name;

--: customers who bought in one channel only, in both, and how many
SELECT sum(CASE WHEN s.customer_id IS NOT NULL AND c.customer_id IS NULL THEN 1 ELSE 0 END) AS store_only,
	sum(CASE WHEN s.customer_id IS NULL AND c.customer_id IS NOT NULL THEN 1 ELSE 0 END) AS catalog_only,
	sum(CASE WHEN s.customer_id IS NOT NULL AND c.customer_id IS NOT NULL THEN 1 ELSE 0 END) AS both
FROM (SELECT customer_id, item_id FROM store_sales WHERE day_id BETWEEN 100 AND 400 GROUP BY 1, 2) s
	FULL JOIN (SELECT customer_id, item_id FROM catalog_sales WHERE day_id BETWEEN 100 AND 400 GROUP BY 1, 2) c ON s.customer_id = c.customer_id AND s.item_id = c.item_id;

--: ratio of promoted sales
SELECT promoted, total, promoted / total * 100 AS percent
FROM (SELECT sum(s.price) AS promoted FROM store_sales s JOIN promotion p USING (promotion_id) JOIN item USING (item_id) WHERE (p.by_mail OR p.by_event) AND category = 'Music') a,
	(SELECT sum(s.price) AS total FROM store_sales s JOIN item USING (item_id) WHERE category = 'Music') b;

--: medians, modes and lists by brand
SELECT brand, percentile_cont(0.5) WITHIN GROUP (ORDER BY quantity), mode() WITHIN GROUP (ORDER BY quantity), string_agg(DISTINCT colour::text, ',' ORDER BY colour::text), count(DISTINCT customer_id), bool_or(quantity > 99)
FROM store_sales JOIN item USING (item_id) GROUP BY brand ORDER BY brand;

--: a calendar without sales, by hierarchies of dates
WITH RECURSIVE days (day) AS (SELECT date '2020-12-01' UNION ALL SELECT day + 1 FROM days WHERE day < date '2020-12-31')
SELECT days.day, coalesce(sum(s.quantity), 0) FROM days LEFT JOIN calendar c ON c.day = days.day LEFT JOIN web_sales s ON s.day_id = c.day_id AND s.item_id IN (SELECT item_id FROM item WHERE category = 'Garden')
GROUP BY days.day ORDER BY days.day;

--: the dearest lines of each customer with the line after
SELECT c.code, top.order_id, top.price, top.next_price
FROM customer c CROSS JOIN LATERAL (
	SELECT order_id, price, lead(price) OVER (ORDER BY price DESC, order_id, item_id) AS next_price FROM web_sales w WHERE w.customer_id = c.customer_id ORDER BY price DESC, order_id, item_id LIMIT 2) top
WHERE c.customer_id < 60 ORDER BY c.code, top.price DESC, top.order_id;

--: customers above the average of those born in their year, by a correlated comparison that is no equality
SELECT code, born FROM customer c
WHERE customer_id < 200 AND (SELECT count(*) FROM web_sales w WHERE w.customer_id = c.customer_id) > (SELECT avg(n) FROM (SELECT count(*) AS n FROM web_sales w JOIN customer o USING (customer_id) WHERE o.born <= c.born GROUP BY customer_id) x)
ORDER BY code;
