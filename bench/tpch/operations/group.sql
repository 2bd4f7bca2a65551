SELECT l_suppkey, count(*), sum(l_quantity), min(l_shipdate), max(l_extendedprice)
FROM lineitem
GROUP BY l_suppkey
ORDER BY l_suppkey;
