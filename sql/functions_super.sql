-- Redshift's functions of SUPER.
SET search_path = redshift, public, pg_catalog;

SELECT json_parse('[10001,10002,"abc"]'), json_typeof(json_parse('[10001,10002,"abc"]'));
SELECT json_parse('[10001,10002,"abc');
SELECT v, json_typeof(json_parse(v)) FROM (VALUES ('true'), ('1'), ('"x"'), ('{}'), ('[]'), ('null')) AS j(v);
SELECT json_serialize(json_parse('{"b": [1, 2.50, "x\"y", null, true, {}], "a": {"c": [], "d": {"e": [[]]}}}')),
	json_serialize(json_parse('"x"')), json_serialize(json_parse('[]')), json_serialize(json_parse('{"k": {"l": 1}, "m": 2}')),
	json_size(json_parse('[10001, 10002, "abc"]'));
SELECT json_serialize_to_varbyte(json_parse('[1]'));

-- Values become SUPER by assignment; a string is not read as JSON.
CREATE TEMP TABLE t (id int, s jsonb);
INSERT INTO t VALUES (1, 1.22), (2, 5), (3, true), (4, super('{"a": 1}'::text)), (5, json_parse('{"a": 1}')), (6, NULL),
	(7, 3.14159), (8, json_parse('null')), (9, 9223372036854775807), (10, json_parse('[1]')), (11, super('é'::text));
SELECT id, s, is_smallint(s) AS si, is_integer(s) AS i, is_bigint(s) AS bi, is_decimal(s) AS dec, is_float(s) AS f,
	is_varchar(s) AS vc, is_char(s) AS c, is_boolean(s) AS b, is_scalar(s) AS sc, is_array(s) AS a, is_object(s) AS o,
	decimal_precision(s) AS p, decimal_scale(s) AS sca
	FROM t ORDER BY id;

-- Arrays, by the manual.
SELECT redshift.array(1, 50, null, 100) AS a, redshift.array() AS e, redshift.array(1, 'abc', true, 3.14) AS m;
SELECT array_concat(redshift.array(10001, 10002), redshift.array(10003, 10004)), array_concat(redshift.array(1), super(1)) IS NULL AS lax;
SELECT array_flatten(redshift.array(redshift.array(1,2,3,4), redshift.array(5,6,7,8), redshift.array(9,10))), array_flatten(redshift.array(1, redshift.array(2, redshift.array(3))));
SELECT get_array_length(redshift.array(1,2,3,4,5,6,7,8,9,10)), get_array_length(super(1)) IS NULL AS lax;
SELECT split_to_array('12|345|6789', '|'), split_to_array('a,b,,c'), split_to_array('x', '|');
SELECT subarray(redshift.array('a', 'b', 'c', 'd', 'e', 'f'), 2, 3), subarray(redshift.array(1, 2, 3), 1), subarray(redshift.array(1, 2, 3), -2, 1), subarray(redshift.array(1), 5);
SELECT array_contains(redshift.array('red', 'green'), 'red'), array_contains(redshift.array('red', NULL, 'green'), NULL) AS null_found,
	array_contains(redshift.array('red', NULL), 'blue') AS no, array_contains(redshift.array('red', NULL), 'blue', false) IS NULL AS unknown,
	array_contains(redshift.array('red'), NULL, false) IS NULL AS unknown, array_contains(redshift.array(1, 2.0), 2) AS number,
	array_contains(redshift.array(redshift.array(1), 2), redshift.array(1)) AS nested;
SELECT array_position(redshift.array('red', 'green', 'red'), 'red'), array_position(redshift.array(1, 2), 3), array_positions(redshift.array('red', 'green', 'red'), 'red'),
	array_positions(redshift.array(1), 2);
SELECT array_except(redshift.array('a','b','c'), redshift.array('b','c','d')), array_except(redshift.array('b','b','b','b'), redshift.array('b','b')),
	array_except(redshift.array('a','b','b'), redshift.array('b'), true), array_except(redshift.array('a', NULL), redshift.array(NULL));
SELECT array_intersection(redshift.array('a','b','b','c'), redshift.array('b','b','b','c')), array_intersection(redshift.array('a','b','b'), redshift.array('b','b'), true);
SELECT array_union(redshift.array('a','b','b'), redshift.array('b','c','c')), array_union(redshift.array('b','a','b'), redshift.array(NULL,'b',NULL));
SELECT array_distinct(redshift.array(1, 'a', 1.0, 'a', NULL, NULL, redshift.array(1), redshift.array(1)));
SELECT arrays_overlap(redshift.array(1, 2), redshift.array(2, 3)), arrays_overlap(redshift.array(1), redshift.array(2)), arrays_overlap(redshift.array(1, NULL), redshift.array(2, NULL)),
	arrays_overlap(redshift.array(1, NULL), redshift.array(2, NULL), false) IS NULL AS unknown;
SELECT array_sort(redshift.array('b', 'a', 0, NULL, 1, false)), array_sort(redshift.array('b', 'a', 0, NULL, 1, false), false),
	array_sort(redshift.array('b', 'a', 0, NULL, 1, false), false, false), array_sort(redshift.array(NULL, 2, 1), true, true);

-- Objects.
SELECT object(), object('foo', 'bar', 'n', 10, 'arr', redshift.array(1, 2));
SELECT object('a');
SELECT lower_attribute_names(json_parse('{"Name": {"X": [{"Y": "Z"}]}}')), upper_attribute_names(json_parse('[{"a": {"e": 1}}]')), lower_attribute_names(super('A'::text));
SELECT object_keep(json_parse('{"a": {"b": 1, "c": 2}, "d": [1], "e": 5}'), ARRAY['"a"."b"', '"d"']),
	object_keep(json_parse('{"a": 1}'), ARRAY['"a"."b"']), object_keep(json_parse('[1]'), ARRAY['"a"']);
SELECT object_set(json_parse('{"a": {"b": 1}}'), ARRAY['"a"."b"', '"x"', '"n"'], ARRAY[super(2), super('y'::text), NULL]);
SELECT object_keep('{}', ARRAY['a.b']);

-- Navigation and FROM: nothing where there is nothing.
SELECT super_get(super_get(json_parse('{"a": [10, 20]}'), 'a'), 1), super_get(json_parse('[1]'), -1) IS NULL AS negative,
	super_get(json_parse('[1]'), 'a') IS NULL AS array, super_get(json_parse('{}'), 0) IS NULL AS object, super_get(super(1), 'a') IS NULL AS scalar;
CREATE TEMP TABLE o (id int, items jsonb);
INSERT INTO o VALUES (1, redshift.array(10, 'x')), (2, redshift.array()), (3, NULL), (4, super(7)), (5, object('k', 1, 'l', redshift.array(2)));
SELECT o.id, x.value, x.index FROM o, unnest_super(o.items) AS x ORDER BY 1, 3;
SELECT o.id, x.value FROM o LEFT JOIN unnest_super(o.items) AS x ON true ORDER BY 1, 2;
SELECT o.id, u.key, u.value FROM o, unpivot_super(o.items) AS u ORDER BY 1, 2;

-- Operators and sums: NULL for values of other kinds.
SELECT n, s, s = 5 AS eq, s > 1.5 AS gt, 5 <= s AS le, s BETWEEN 1 AND 10 AS between, s IN (5, 7) AS in, s = 'x'::text AS text, s <> 'y'::varchar AS not_y,
	s + 1 AS add, 2 * s AS multiply, s / 2 AS divide, s % 2 AS rest, s + s AS twice, 10 - s AS minus
	FROM (VALUES (1, super(5)), (2, super(1.5)), (3, super('x'::text)), (4, json_parse('[5]')), (5, json_parse('null')), (6, NULL)) AS v(n, s) ORDER BY n;
SELECT redshift.sum(s), redshift.avg(s) FROM (VALUES (super(5)), (super(1.5)), (super('x'::text)), (NULL)) AS v(s);
SELECT json_parse('["a", "b"]') - 1 AS element_removed, json_parse('{"a": 1}') - 'a' AS attribute_removed, json_parse('[1]') || json_parse('[2]') AS both;
SET redshift.dialect = redshift;
SELECT super(5) - 1 AS subtracted, json_parse('{}') - 0 IS NULL AS no_number, json_parse('["a", "b"]') - 0 AS of_an_array;
RESET redshift.dialect;

-- Functions of numbers: NULL of other values.
SELECT v, floor(v), ceil(v), ceiling(v), round(v), round(v, 1) AS tenths, trunc(v), trunc(v, -1) AS tens, abs(v)
	FROM (VALUES (json_parse('-12.75')), (json_parse('3')), (json_parse('"3.5"')), (json_parse('[3]')), (NULL)) t(v);
SELECT floor('2.5') AS literal, ceil('2.5'), round('2.5'), round('2.55', 1), trunc('-2.55', 1), abs('-2');
SELECT json_parse('"a"') + json_parse('"b"') AS strings, json_parse('"a"') + json_parse('1') AS unlike, json_parse('2') + json_parse('1') AS numbers;
SELECT array_flatten(json_parse('[[[[]]], {"a": [1]}, [null, ["x", [2]]]]')), array_flatten(json_parse('{"a": [1]}')), array_flatten(json_parse('[]'));
