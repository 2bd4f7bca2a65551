-- Tables that the statements of the clients ask about.
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer int DISTKEY, item varchar(100) ENCODE zstd, total decimal(12,2) DEFAULT 0, day date SORTKEY);
CREATE TABLE shop.lines (order_id bigint REFERENCES shop.orders, line int, code varchar(20) UNIQUE, PRIMARY KEY (order_id, line));
CREATE TABLE shop.changes (id bigint, total decimal(12,2)) DISTSTYLE ALL;
CREATE MATERIALIZED VIEW shop.daily AUTO REFRESH NO AS SELECT day, sum(total) AS total FROM shop.orders GROUP BY day;
INSERT INTO shop.orders VALUES (1, 1, 'lamp', 19.90, '2024-03-01'), (2, 1, 'table', 120, '2024-03-02'), (3, 2, 'chair', 60, '2024-03-09');
INSERT INTO shop.changes VALUES (2, 110), (4, 5);
CREATE ROLE shop_reader;
CREATE GROUP shop_readers;
GRANT SELECT ON shop.orders TO GROUP shop_readers;
GRANT shop_reader TO CURRENT_USER;
CREATE TABLE append_to (a bigint DISTKEY, b int SORTKEY);
CREATE TABLE append_from (a bigint DISTKEY, b int SORTKEY);
CREATE TABLE t12m (a int, b int);
CREATE TABLE t12s (a int, b int);
