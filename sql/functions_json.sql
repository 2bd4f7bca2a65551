-- Redshift's functions of JSON in text.
SET search_path = redshift, pg_catalog;

SELECT json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6');
SELECT json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}', 'f4', 'f6', true) IS NULL AS null_if_invalid;
SELECT json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}', 'f4', 'f6');
SELECT json_extract_path_text('{"a": {"b": [1,  {"c": "\u00e9\n"}], "n": null, "s": "x\"y"}}', p) AS value
	FROM (VALUES ('a'), ('b'), ('A')) AS v(p);
-- Objects as they stand there, strings without quotes; case matters; the last of the same name counts.
SELECT json_extract_path_text('{"a": {"b": [1,  2], "c" : { } }}', 'a', 'b') AS array,
	json_extract_path_text('{"a": {"b": [1,  2], "c" : { } }}', 'a', 'c') AS object,
	json_extract_path_text('{"a": {"s": "x\"\u00e9"}}', 'a', 's') AS string,
	json_extract_path_text('{"a": 1e5, "b": true}', 'b') AS boolean,
	json_extract_path_text('{"a": 1, "a": {"a": 2}}', 'a', 'a') AS nested,
	json_extract_path_text('{"a": {"b": 1}, "a": {"c": 2}}', 'a', 'b') IS NULL AS last_counts,
	json_extract_path_text('{"a": null}', 'a') IS NULL AS json_null,
	json_extract_path_text('[{"a": 1}]', 'a') IS NULL AS no_elements,
	json_extract_path_text('{"a": [{"b": 1}, {"b": 2}]}', 'a', 'b') IS NULL AS not_through_arrays,
	json_extract_path_text('{"1": ["x"]}', '1', '0') IS NULL AS no_numbers,
	json_extract_path_text('{"a":{"b":{"c":{"d":{"e":7}}}}}', 'a', 'b', 'c', 'd', 'e', false) AS five;
SELECT json_extract_path_text('{"a": 1} x', 'a');

SELECT json_extract_array_element_text('[111,112,113]', 2);
SELECT json_extract_array_element_text('["a",["b",1,["c",2,3,null,]]]', 1);
SELECT json_extract_array_element_text('["a",["b",1,["c",2,3,null,]]]', 1, true) IS NULL AS null_if_invalid;
SELECT n, json_extract_array_element_text('["a", ["b", 1], {"c":  2}, null, 4.50]', n) FROM generate_series(-1, 5) AS n;
SELECT json_extract_array_element_text('{"a": 1}', 0);

SELECT json_array_length('[11,12,13,{"f1":21,"f2":[25,26]},14]');
SELECT json_array_length('[]'), json_array_length('[[1,2],[3]]'), json_array_length('[11,12', true) IS NULL AS invalid,
	json_array_length('{"a":1}', true) IS NULL AS object;
SELECT json_array_length('[11,12,13,{"f1":21,"f2":[25,26]},14');

SELECT j, is_valid_json(j), is_valid_json_array(j), can_json_parse(j)
	FROM (VALUES ('{"a":2}'), ('{"a":{"b":[1,2]}}'), ('{"a":{"b":2}'), ('[]'), ('["a","b"]'), ('["a"'), ('1'), ('"x"'), (''), (NULL)) AS v(j);

-- Of any depth the parser takes, none brings it down.
SELECT can_json_parse(repeat('[', 1000) || repeat(']', 1000)) AS deep, can_json_parse(repeat('[', 1000)) AS open;
